"""The table of docs/packages.md, out of the manifest: table.py prints it."""

import json

from places import DIST

Proven = dict[str, dict[str, object]]


def _floor(proven: Proven) -> str:
    found = [proven[name] for name in ("library", "static program") if name in proven]
    return str(found[0]["floor"]) if found else ""


def _runs(proven: Proven) -> str:
    """CPython 3.14.10 on glibc 2.42, Node v24.21.0 on glibc 2.36 (qemu)"""
    found = []
    for name, facts in sorted(proven.items()):
        if name.startswith("run on "):
            libc = f" on {facts['libc']}" if "libc" in facts else ""
            emulated = " (qemu)" if name.endswith("under qemu") else ""
            found.append(f"{facts['runtime']}{libc}{emulated}")
    return "; ".join(found)


def _checks(proven: Proven) -> str:
    return ", ".join(
        sorted(name for name in proven if not name.startswith(("run on ", "said on ")))
    )


def main() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    print("| file | bytes | floor | checked | run here |")
    print("|---|---|---|---|---|")
    for name, entry in manifest["files"].items():
        proven = entry["proven"]
        size = f"{entry['bytes']:,}"
        if "unpacked bytes" in proven:
            size += f", unpacked {proven['unpacked bytes']:,}"
        print(f"| {name} | {size} | {_floor(proven)} | {_checks(proven)} | {_runs(proven)} |")


main()
