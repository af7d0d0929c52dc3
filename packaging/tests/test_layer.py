"""What of a package goes into a layer."""

import tarfile
from pathlib import Path

import layer
import platforms
import pytest
from places import version


def test_a_layer_for_node_has_no_declarations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (platform,) = platforms.named(["x86_64-gnu"])
    package = tmp_path / "package"
    for name in ("dist/index.js", "dist/index.d.ts", "dist/index.mjs", "dist/drivers/pg.d.mts"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("")
    (tmp_path / "npm").mkdir()
    for name in ("rdsiam", f"rdsiam-{platform.npm}"):
        with tarfile.open(tmp_path / "npm" / f"{name}-{version()}.tgz", "w:gz") as packed:
            packed.add(package, "package")
    monkeypatch.setattr(layer, "DIST", tmp_path)
    layer._add_node(platform, tmp_path / "layer")
    found = (path for path in (tmp_path / "layer").rglob("*") if path.is_file())
    assert {path.name for path in found} == {"index.js", "index.mjs"}
