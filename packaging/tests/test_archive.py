"""Archives follow from their content alone."""

import os
import tarfile
import zipfile
from pathlib import Path

import archive
import pytest


def content(folder: Path, names: list[str]) -> Path:
    """A folder whose files were made in this order, at another time each."""
    folder = folder / "rdsiam"
    (folder / "lib").mkdir(parents=True)
    for index, name in enumerate(names):
        (folder / name).write_text(name)
        os.utime(folder / name, (index, index))
    (folder / "run").chmod(0o750)
    (folder / "link").symlink_to("lib/a")
    return folder


@pytest.mark.parametrize("make", [archive.tar, archive.zipped])
def test_neither_order_nor_time_shows(
    make: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert callable(make)
    one = make(content(tmp_path / "1", ["lib/a", "b", "run"]), tmp_path / "1.archive")
    two = make(content(tmp_path / "2", ["run", "b", "lib/a"]), tmp_path / "2.archive")
    assert one.read_bytes() == two.read_bytes()


def test_links_and_modes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = archive.tar(content(tmp_path, ["lib/a", "b", "run"]), tmp_path / "a.tar.gz")
    with tarfile.open(made) as packed:
        assert packed.getmember("rdsiam/link").linkname == "lib/a"
        assert packed.getmember("rdsiam/run").mode == 0o755
        assert packed.getmember("rdsiam/b").mode == 0o644
        assert {entry.mtime for entry in packed} == {1700000000}


def test_a_zip_has_no_folder_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = archive.zipped(content(tmp_path, ["lib/a", "b", "run"]), tmp_path / "a.zip")
    with zipfile.ZipFile(made) as file:
        assert file.namelist() == ["b", "lib/a", "link", "run"]
