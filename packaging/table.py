"""The table of docs/packages.md, out of the manifest: table.py prints it."""

import json

from places import DIST

Proven = dict[str, dict[str, object]]


def _floor(proven: Proven) -> str:
    found = [proven[name] for name in ("library", "static program") if name in proven]
    return str(found[0]["floor"]) if found else ""


def _runs(proven: Proven) -> str:
    """CPython 3.14.10 on glibc 2.43; C on Debian bullseye; Node v24.21.0 on musl (qemu)"""
    found = []
    for name, facts in sorted(proven.items()):
        if name.startswith("run on "):
            emulated = " (qemu)" if name.endswith("under qemu") else ""
            found.append(f"{facts['runtime']}{_place(name, facts)}{emulated}")
    return "; ".join(found)


def _place(name: str, facts: dict[str, object]) -> str:
    libc = str(facts.get("libc", ""))
    if "-musl," in name:
        return " on musl"
    if libc.startswith("glibc"):
        return f" on {libc}"
    suite = name.partition(", Debian ")[2].partition(",")[0]
    return f" on Debian {suite}" if suite else ""


def _checks(proven: Proven) -> str:
    return ", ".join(
        sorted(name for name in proven if not name.startswith(("run on ", "said on ")))
    )


def main() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    print("| file | bytes | floor | checked | run here |")
    print("|---|---|---|---|---|")
    for path, entry in manifest["files"].items():
        folder, name = path.split("/")
        if folder == "sbom":
            continue
        proven = entry["proven"]
        size = f"{entry['bytes']:,}"
        if "unpacked bytes" in proven:
            size += f", unpacked {proven['unpacked bytes']:,}"
        print(f"| {name} | {size} | {_floor(proven)} | {_checks(proven)} | {_runs(proven)} |")


main()
