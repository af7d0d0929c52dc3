"""The licences of what is linked into an artefact, as the THIRD-PARTY file beside it."""

import json
import re
from functools import cache
from pathlib import Path

import toolchain
from places import ROOT
from platforms import Platform
from run import run

TEXTS = ("LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "UNLICENSE*", "license*")
# What is linked beside crates.
STANDARD_LIBRARY = """The Rust standard library
Apache-2.0 OR MIT, https://www.rust-lang.org
"""
ZIG = """libunwind of LLVM, by way of zig
Apache-2.0 WITH LLVM-exception, https://llvm.org
"""


@cache
def _metadata(triple: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        run(
            ["cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={triple}"],
            cwd=ROOT,
            env={"PATH": toolchain.path()},
        )
    )
    return found


def linked(package: str, triple: str) -> list[dict[str, object]]:
    """The crates whose code is in the artefact: no build scripts, macros or tests."""
    command = ["cargo", "tree", "--locked", "-p", package, "--target", triple]
    command += ["-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    tree = run(command, cwd=ROOT, env={"PATH": toolchain.path()})
    names = set()
    for line in tree.splitlines():
        words = line.split()
        if len(words) >= 2 and "(proc-macro)" not in line:
            names.add((words[0], words[1].removeprefix("v")))
    found = [
        crate
        for crate in _metadata(triple)["packages"]  # type: ignore[attr-defined]
        if (crate["name"], crate["version"]) in names and crate["source"] is not None
    ]
    return sorted(found, key=lambda crate: (crate["name"], crate["version"]))


def _texts(crate: dict[str, object]) -> list[str]:
    """What has to be kept of a crate: all its texts, or its notices alone where it may be had under
    Apache-2.0, which is here once."""
    folder = Path(str(crate["manifest_path"])).parent
    patterns = ("NOTICE*",) if _is_apache(str(crate["license"])) else TEXTS
    files = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    found = [path.read_text(errors="replace").strip() for path in sorted(files)]
    if not found and patterns == TEXTS:
        found = [_mit(crate)]
    return found


def _mit(crate: dict[str, object]) -> str:
    """The text of a crate that only names the MIT licence."""
    if crate["license"] != "MIT":
        raise SystemExit(f"dist: {crate['name']} has no text of its licence, {crate['license']}")
    who = ", ".join(crate["authors"]) or f"the authors of {crate['name']}"  # type: ignore[arg-type]
    text = (ROOT / "LICENSE-MIT").read_text().strip()
    return re.sub(r"^Copyright .*$", f"Copyright (c) {who}", text, flags=re.MULTILINE)


def _is_apache(expression: str) -> bool:
    choices = expression.replace("/", " OR ").replace("(", " ").replace(")", " ").split(" OR ")
    return "AND" not in expression and "Apache-2.0" in [choice.strip() for choice in choices]


def refused(expression: str) -> bool:
    """Whether deny.toml allows none of the choices."""
    (block,) = re.findall(r"^allow = \[\n(.*?)^\]", (ROOT / "deny.toml").read_text(), re.M | re.S)
    allowed = set(re.findall(r'^ *"(.+?)"', block, re.MULTILINE))
    choices = expression.replace("/", " OR ").replace("(", "").replace(")", "").split(" OR ")
    return not any(set(choice.strip().split(" AND ")) <= allowed for choice in choices)


def write(package: str, platform: Platform, to: Path) -> Path:
    """Each licence text once, with the crates that it is the text of."""
    heads = [f"What is linked into {package}, and under which licence.\n", STANDARD_LIBRARY, ZIG]
    apache = (ROOT / "LICENSE-APACHE").read_text().strip()
    owners: dict[str, list[str]] = {apache: ["All that may be had under Apache-2.0"]}
    for crate in linked(package, platform.triple):
        title = f"{crate['name']} {crate['version']}"
        if refused(str(crate["license"])):
            raise SystemExit(f"dist: deny.toml does not allow {crate['license']} of {title}")
        heads.append(
            f"{title}\n{crate['license']}, {crate['repository'] or crate['homepage'] or ''}\n"
        )
        for text in _texts(crate):
            owners.setdefault(text, []).append(title)
    rule = "-" * 78
    texts = [f"{rule}\n{', '.join(titles)}\n\n{text}\n" for text, titles in owners.items()]
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text("\n".join([*heads, *texts]))
    return to
