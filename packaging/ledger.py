"""What was proven about each file that ships, and where; kept from step to step, and written out as
the manifest."""

import hashlib
import json
from pathlib import Path

import runtimes
import toolchain
from places import DIST, WORK, version

_FILE = WORK / "proofs.json"
# What no root is made of, and why.
NOT_RUN_HERE = {
    "CPython 3.14 without the GIL": "in no registry that this reads; the release workflow runs it",
    "aarch64 without an emulator": "the release workflow runs the wheels",
    "macOS": "the release workflow builds and tries the sources there; nothing ships",
    "Windows": "the release workflow builds and tries the sources there; nothing ships",
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _load() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(_FILE.read_text()) if _FILE.exists() else {}
    return found


def record(path: Path, what: str, result: object) -> None:
    """A proof counts for these bytes only."""
    ledger = _load()
    entry = ledger.setdefault(digest(path), {})
    entry[what] = result
    _FILE.parent.mkdir(parents=True, exist_ok=True)
    _FILE.write_text(json.dumps(ledger, indent=1, sort_keys=True))


def proofs(path: Path) -> dict[str, object]:
    return _load().get(digest(path), {})


def artefacts() -> list[Path]:
    return sorted(
        path
        for path in DIST.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "SHA256SUMS")
    )


def write() -> None:
    """manifest.json and SHA256SUMS."""
    files = {}
    sums = []
    for path in artefacts():
        name = str(path.relative_to(DIST))
        sums.append(f"{digest(path)}  {name}\n")
        proven = proofs(path)
        files[name] = {
            "sha256": digest(path),
            "bytes": path.stat().st_size,
            "proven": proven,
            "run_here": any(what.startswith("run on ") for what in proven),
        }
    manifest = {
        "version": version(),
        "built_with": toolchain.versions(),
        "files": files,
        "not_run_here": NOT_RUN_HERE | runtimes.lacking(),
    }
    (DIST / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (DIST / "SHA256SUMS").write_text("".join(sums))
