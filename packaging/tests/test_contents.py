"""What is looked for in every artefact."""

import zipfile
from pathlib import Path

import contents
import elf
import pytest
from places import ROOT


def _wheel(folder: Path, text: str) -> Path:
    path = folder / "rdsiam-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("rdsiam-1.0.0.dist-info/sboms/rdsiam.cdx.json", text)
    return path


def test_a_file_that_names_a_folder_of_the_build_is_refused(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path, f'{{"bom-ref": "path+file://{ROOT}/bindings-python"}}')
    with pytest.raises(elf.Wrong, match=r"sboms/rdsiam\.cdx\.json names the folder /"):
        contents.bare_of_folders(wheel)


def test_a_file_that_names_none_ships(tmp_path: Path) -> None:
    contents.bare_of_folders(_wheel(tmp_path, '{"bom-ref": "pkg:cargo/rdsiam@1.0.0"}'))
