"""The registry on loopback serves packages as npm asks for them."""

import hashlib
import json
import tarfile
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest
from registry import Registry


def package(folder: Path, name: str, version: str) -> Path:
    source = folder / "package"
    source.mkdir(exist_ok=True)
    (source / "package.json").write_text(json.dumps({"name": name, "version": version}))
    path = folder / f"{name.replace('/', '-').lstrip('@')}-{version}.tgz"
    with tarfile.open(path, "w:gz") as packed:
        packed.add(source, "package")
    return path


def test_a_scoped_package_is_found_with_its_digest_and_its_file(tmp_path: Path) -> None:
    path = package(tmp_path, "@rdsiam/linux-x64-gnu", "1.2.3")
    with Registry(tmp_path) as url:
        with urllib.request.urlopen(f"{url}/@rdsiam%2flinux-x64-gnu") as answer:
            found = json.load(answer)
        (version,) = found["versions"].values()
        digest = b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
        assert version["dist"]["integrity"] == f"sha512-{digest}"
        with urllib.request.urlopen(version["dist"]["tarball"]) as answer:
            assert answer.read() == path.read_bytes()


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with Registry(tmp_path) as url, pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/left-pad")
