"""What reproduce.sh compares, where a build writes the name of its folder into one file."""

import shutil
import subprocess
from pathlib import Path

import pytest
from places import HERE

BUILD = """
import sys
from pathlib import Path
root = Path(__file__).resolve().parent.parent
for name, text in (("c/same", "x"), ("c/other", %s), ("go/all", str(root))):
    file = root / "build/dist" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
"""


def reproduced(tmp_path: Path, text: str, *platforms: str) -> "subprocess.CompletedProcess[str]":
    packaging = tmp_path / "packaging"
    packaging.mkdir()
    shutil.copy(HERE / "reproduce.sh", packaging)
    (packaging / "dist.py").write_text(BUILD % text)
    who = ["-c", "user.name=t", "-c", "user.email=t"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    subprocess.run(["python3", str(packaging / "dist.py")], check=True)
    command = [str(packaging / "reproduce.sh"), *platforms]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_file_that_names_its_folder_differs(tmp_path: Path) -> None:
    done = reproduced(tmp_path, "str(root)", "x86_64-gnu")
    assert (done.stdout, done.returncode) == ("differs: c/other\n", 1)


@pytest.mark.parametrize(
    ("platforms", "told"), [(["x86_64-gnu"], "the same bytes\n"), ([], "differs: go/all\n")]
)
def test_the_module_of_go_is_compared_where_all_was_built(
    tmp_path: Path, platforms: list[str], told: str
) -> None:
    assert reproduced(tmp_path, '"x"', *platforms).stdout == told
