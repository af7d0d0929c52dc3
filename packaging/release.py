"""Sets the version in every manifest and dates the changelog: release.py VERSION

The one place for the version is Cargo.toml; what cannot read it there is changed with it, and
`release.py --check` says whether all agree."""

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone

from places import ROOT, version
from run import Failed, run, say

# No 1.0.0-rc.1: Python and npm each spell that in a way of their own.
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
CHANGELOG = ROOT / "CHANGELOG.md"
UNRELEASED = "## [Unreleased]"
# Crates of the workspace; each may be in several lock files.
OURS = (
    "rdsiam",
    "rdsiam-cli",
    "rdsiam-ffi",
    "rdsiam-header",
    "rdsiam-node",
    "rdsiam-python",
    "rdsiam-wire",
)


class Place:
    """A file that has the version, and the pattern around it."""

    def __init__(self, file: str, pattern: str) -> None:
        self.path = ROOT / file
        self.pattern = re.compile(pattern, re.MULTILINE)

    def read(self) -> str:
        found = self.pattern.search(self.path.read_text())
        if found is None:
            raise SystemExit(f"release: no version in {self.path}")
        return found[2]

    def write(self, new: str) -> None:
        text, count = self.pattern.subn(rf"\g<1>{new}\g<3>", self.path.read_text(), count=1)
        assert count == 1
        self.path.write_text(text)


MANIFESTS = (
    Place("Cargo.toml", r'(^\[workspace\.package\]\nversion = ")([^"]+)(")'),
    # What the command asks of the libraries.
    Place("Cargo.toml", r'(^rdsiam = \{ path = "core", version = "=)([^"]+)(")'),
    Place("Cargo.toml", r'(^rdsiam-wire = \{ path = "wire", version = "=)([^"]+)(")'),
    Place("bindings-node/package.json", r'(^  "version": ")([^"]+)(")'),
)


def _lock_files() -> Iterator[Place]:
    """The files that cargo and npm write."""
    for file in run(["git", "ls-files", "*Cargo.lock"], cwd=ROOT).split():
        for name in OURS:
            pattern = rf'(^name = "{name}"\nversion = ")([^"]+)(")'
            if re.search(pattern, (ROOT / file).read_text(), re.MULTILINE):
                yield Place(file, pattern)
    npm = "bindings-node/package-lock.json"
    yield Place(npm, r'(\A\{\n  "name": "rdsiam",\n  "version": ")([^"]+)(")')
    yield Place(npm, r'(^    "": \{\n      "name": "rdsiam",\n      "version": ")([^"]+)(")')


def places() -> list[Place]:
    return [*MANIFESTS, *_lock_files()]


def check() -> list[str]:
    """The places that do not have the version of Cargo.toml."""
    now = version()
    return [f"{place.path} has {place.read()}" for place in places() if place.read() != now]


def _changelog(new: str) -> None:
    text = CHANGELOG.read_text()
    if UNRELEASED not in text or f"## [{new}]" in text:
        raise SystemExit(f"release: {CHANGELOG.name} has nothing unreleased, or {new} already")
    heading = f"{UNRELEASED}\n\n## [{new}] - {datetime.now(timezone.utc):%Y-%m-%d}"
    CHANGELOG.write_text(text.replace(UNRELEASED, heading, 1))


def main(words: list[str]) -> None:
    if words == ["--check"]:
        if wrong := check():
            raise SystemExit(f"release: the version is {version()}, but {'; '.join(wrong)}")
        return
    if len(words) != 1 or not SEMVER.fullmatch(words[0]):
        raise SystemExit(
            f"release: {' '.join(words) or 'nothing'} is no version: make release VERSION=1.2.3"
        )
    (new,) = words
    if run(["git", "status", "--porcelain"], cwd=ROOT).strip():
        raise SystemExit("release: commit what has changed first")
    try:
        run(["git", "var", "GIT_COMMITTER_IDENT"], cwd=ROOT)
    except Failed as error:
        raise SystemExit(f"release: git does not know who commits: {error}") from None
    _changelog(new)
    for place in places():
        place.write(new)
    main(["--check"])
    run(["git", "commit", "-qam", f"Release {new}"], cwd=ROOT)
    say(f"version {new} is committed; `make dist` comes next, and nothing is published")


if __name__ == "__main__":
    main(sys.argv[1:])
