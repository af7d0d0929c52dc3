"""What `go mod vendor` copies of the module."""

import os
import subprocess
import tarfile
from pathlib import Path

import c_archive
import go_module
import pytest
from places import version
from platforms import PLATFORMS


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module, with libraries that have nothing in them."""
    monkeypatch.setattr(go_module, "DIST", tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    (tmp_path / "c").mkdir()
    for platform in PLATFORMS:
        name = c_archive.name(platform)
        with tarfile.open(tmp_path / "c" / f"{name}.tar.gz", "w:gz") as packed:
            for file in ("librdsiam.a", "rdsiam.h", "THIRD-PARTY.txt"):
                (tmp_path / file).write_text("")
                folder = {"a": "lib", "h": "include", "txt": "share/doc/rdsiam"}
                inside = folder[file.rsplit(".", 1)[1]]
                packed.add(tmp_path / file, f"{name}/{inside}/{file}")
    (archive,) = go_module.build(list(PLATFORMS))
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path / f"rdsiam-go-{version()}"


def test_a_vendored_copy_has_the_header_and_the_libraries(module: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "go.mod").write_text(
        f"module program\n\ngo 1.25.0\n\nrequire rdsiam v0.0.0\n\nreplace rdsiam => {module}\n"
    )
    (program / "main.go").write_text('package main\n\nimport _ "rdsiam"\n\nfunc main() {}\n')
    environment = os.environ | go_module.OFFLINE | {"GOFLAGS": "-mod=mod"}
    subprocess.run(["go", "mod", "vendor"], cwd=program, env=environment, check=True)
    vendored = program / "vendor/rdsiam"
    assert (vendored / "include/rdsiam.h").exists()
    assert sorted(path.parent.name for path in vendored.rglob("librdsiam.a")) == [
        "linux_amd64_gnu",
        "linux_amd64_musl",
        "linux_arm64_gnu",
        "linux_arm64_musl",
    ]
