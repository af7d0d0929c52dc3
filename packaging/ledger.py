"""What was proven about each file that ships, and where; kept from step to step, and written out as
the manifest."""

import hashlib
import json
from pathlib import Path

import toolchain
from places import DIST, WORK, version

_FILE = WORK / "proofs.json"
# Built by the release workflow from the same sources.
NOT_RUN_HERE = {
    "macOS": "wheels and npm packages come from the release workflow; not run here",
    "Windows": "wheel and npm package come from the release workflow; not run here",
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
        files[name] = {
            "sha256": digest(path),
            "bytes": path.stat().st_size,
            "proven": proofs(path),
        }
    manifest = {
        "version": version(),
        "built_with": toolchain.versions(),
        "files": files,
        "not_run_here": NOT_RUN_HERE,
    }
    (DIST / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (DIST / "SHA256SUMS").write_text("".join(sums))
