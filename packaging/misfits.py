"""What is said where the compiled part is missing or does not fit: in a root where something
is installed that ships, without its library or with that of another platform."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import contents
import ledger
from places import DIST
from platforms import PLATFORMS, Platform
from roots import Root

Told = Callable[[], str]


def python(root: Root, wheel: Path, variables: dict[str, str]) -> dict[str, str]:
    """By the library of a wheel below /site, which stays as it was."""
    (library,) = (root.folder / "site/rdsiam").glob("_rdsiam*.so")
    program = "try:\n import rdsiam\nexcept ImportError as error:\n print(error)"

    def told() -> str:
        return root.run([root.program, "-c", program], variables | {"PYTHONPATH": "/site"})

    def other(platform: Platform) -> Path | None:
        kind = "-".join(wheel.name.split("-")[2:4])
        return next((DIST / "python").glob(f"rdsiam-*-{kind}-*{platform.wheel}*.whl"), None)

    start = "rdsiam has no compiled part for cpython 3."
    return _each(root, library, "_rdsiam*.so", other, told, start)


def javascript(root: Root, addon: Path, variables: dict[str, str]) -> dict[str, str]:
    """By the addon that a package manager put below /app."""
    program = "try { require('rdsiam') } catch (error) { console.log(error.message) }"

    def told() -> str:
        (root.folder / "app/misfit.js").write_text(program)
        return root.run([root.program, "/app/misfit.js"], variables)

    def other(platform: Platform) -> Path | None:
        return next((DIST / "npm").glob(f"rdsiam-{platform.npm}-[0-9]*.tgz"), None)

    start = f"no native part of rdsiam for linux-{root.platform.npm_cpu}"
    return _each(root, addon, "*.node", other, told, start)


def _each(
    root: Root,
    library: Path,
    pattern: str,
    other: Callable[[Platform], Path | None],
    told: Told,
    start: str,
) -> dict[str, str]:
    """Each sentence, after the library is what it was again."""
    content = library.read_bytes()
    found = {}
    for name, replaced in _replacements(root, content, pattern, other):
        library.unlink(missing_ok=True)
        if replaced is not None:
            library.write_bytes(replaced)
        text = told().strip()
        if not text.startswith(start) or "glibc 2.17, musl 1.2 or newer" not in text:
            raise SystemExit(f"dist: {root.name}: with {name} it is said: {text!r}")
        if "\n" in text:
            raise SystemExit(f"dist: {root.name}: with {name} several lines are said: {text!r}")
        found[name] = text
    library.write_bytes(content)
    return found


def _replacements(
    root: Root, content: bytes, pattern: str, other: Callable[[Platform], Path | None]
) -> Iterator[tuple[str, bytes | None]]:
    yield "no library", None
    if root.platform.libc == "glibc":
        assert re.search(rb"\0GLIBC_2\.", content)
        # A glibc that does not exist yet makes this one too old.
        yield "a newer glibc", content.replace(b"\0GLIBC_2.", b"\0GLIBC_9.")
    for platform in PLATFORMS:
        path = other(platform)
        if platform == root.platform or path is None:
            continue
        with tempfile.TemporaryDirectory() as work:
            contents.unpack(path, Path(work))
            (found,) = Path(work).rglob(pattern)
            yield platform.name, found.read_bytes()


def keep(path: Path, root: Root, found: dict[str, str]) -> None:
    ledger.record(path, f"said on {root.name} where it does not fit", found)
