"""The npm packages of the command: `@rdsiam/cli`, and one for each processor with the program."""

import json
import shutil
import tempfile
from pathlib import Path

import command
import npm
from places import ROOT, version
from platforms import PLATFORMS, Platform

LAUNCHER = "rdsiam.js"


def package_name(platform: Platform) -> str:
    return f"@rdsiam/cli-linux-{platform.npm_cpu}"


def _shared() -> dict[str, object]:
    library = npm.main_manifest()
    same = ("homepage", "bugs", "license", "engines")
    repository = {
        "type": "git",
        "url": "git+https://github.com/rdsiam/rdsiam.git",
        "directory": "cli",
    }
    return {
        "version": version(),
        **{name: library[name] for name in same},
        "repository": repository,
        "publishConfig": {"access": "public"},
    }


def build_platform(platform: Platform) -> list[Path]:
    if not command.ships_for(platform):
        return []
    manifest = {
        "name": package_name(platform),
        "description": f"The program of @rdsiam/cli for Linux, {platform.npm_cpu}",
        **_shared(),
        "files": ["rdsiam", "THIRD-PARTY.txt", *command.LICENCES],
        "os": ["linux"],
        "cpu": [platform.npm_cpu],
    }
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        command.place_program(platform, folder / "rdsiam")
        command.place_licences(platform, folder)
        (folder / "README.md").write_text(
            "The program of [@rdsiam/cli](https://www.npmjs.com/package/@rdsiam/cli) for Linux on"
            f" {platform.npm_cpu}. Install `@rdsiam/cli`, which brings it.\n"
        )
        (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
        return [npm.pack(folder)]


def build_main() -> list[Path]:
    """It names exactly its own version of each processor's package."""
    names = [package_name(platform) for platform in PLATFORMS if command.ships_for(platform)]
    manifest = {
        "name": "@rdsiam/cli",
        "description": command.SUMMARY,
        **_shared(),
        "type": "commonjs",
        "bin": {"rdsiam": LAUNCHER},
        "files": [LAUNCHER, *command.LICENCES],
        "optionalDependencies": {name: version() for name in sorted(names)},
    }
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        shutil.copy(ROOT / "cli/npm" / LAUNCHER, folder)
        shutil.copy(ROOT / "cli/README.md", folder)
        for name in command.LICENCES:
            shutil.copy(ROOT / name, folder)
        (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
        return [npm.pack(folder)]
