"""npm's packages: JavaScript and types alone, and one package for each platform's addon, which npm
chooses by processor and C library."""

import json
import shutil
import tempfile
from pathlib import Path

import cargo
import licences
from places import DIST, ROOT, version
from platforms import PLATFORMS, Platform
from run import run

SOURCE = ROOT / "bindings-node"
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")


def package_name(platform: Platform) -> str:
    return f"@rdsiam/{platform.npm}"


def main_manifest() -> dict[str, object]:
    found: dict[str, object] = json.loads((SOURCE / "package.json").read_text())
    return found


def pack(folder: Path) -> Path:
    (DIST / "npm").mkdir(parents=True, exist_ok=True)
    made = run(
        ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", DIST / "npm"],
        cwd=folder,
    )
    return DIST / "npm" / made.split()[-1]


def build_platform(platform: Platform) -> list[Path]:
    built = cargo.build(platform, "rdsiam-node")
    addon = f"rdsiam.{platform.npm}.node"
    main = main_manifest()
    manifest = {
        "name": package_name(platform),
        "version": version(),
        "description": f"The native part of rdsiam for Linux, {platform.npm_cpu}, {platform.libc}",
        "homepage": main["homepage"],
        "bugs": main["bugs"],
        "repository": main["repository"],
        "license": main["license"],
        "main": addon,
        "files": [addon, "THIRD-PARTY.txt", *LICENCES],
        "engines": main["engines"],
        "os": ["linux"],
        "cpu": [platform.npm_cpu],
        "libc": [platform.libc],
        "publishConfig": {"access": "public"},
    }
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        shutil.copy(built / "librdsiam_node.so", folder / addon)
        (folder / addon).chmod(0o644)
        (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
        (folder / "README.md").write_text(
            f"The native part of [rdsiam](https://www.npmjs.com/package/rdsiam) for Linux on"
            f" {platform.npm_cpu} with {platform.libc}. Install `rdsiam`, which brings it.\n"
        )
        licences.write("rdsiam-node", platform, folder / "THIRD-PARTY.txt")
        _add_licences(folder)
        return [pack(folder)]


def build_main() -> list[Path]:
    """The package that people install. It names exactly its own version of each platform's."""
    manifest = main_manifest()
    files = [str(name) for name in manifest["files"]]  # type: ignore[attr-defined]
    names = [package_name(platform) for platform in PLATFORMS]
    manifest["optionalDependencies"] = {name: version() for name in sorted(names)}
    for unshipped in ("devDependencies", "scripts", "napi", "overrides"):
        manifest.pop(unshipped, None)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        _build_javascript()
        for name in files:
            for path in SOURCE.glob(name):
                if path.suffix == ".node":
                    continue
                if path.is_dir():
                    shutil.copytree(path, folder / path.name)
                else:
                    shutil.copy(path, folder)
        shutil.copy(SOURCE / "README.md", folder)
        manifest["files"] = [name for name in files if "*" not in name] + [*LICENCES]
        (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
        _add_licences(folder)
        return [pack(folder)]


def _build_javascript() -> None:
    """The compiler's output, where the sources are TypeScript."""
    if (SOURCE / "compile.js").exists():
        run(["node", "compile.js"], cwd=SOURCE)


def _add_licences(folder: Path) -> None:
    for name in LICENCES:
        shutil.copy(ROOT / name, folder)
