#!/usr/bin/env python3
"""How many instructions the core takes for a call, by valgrind's callgrind: a figure that does not
drift with the machine. `instructions.py` prints them; BENCHMARKS.md shows them too.

valgrind's processor has no instructions for SHA-256, so that hashing, which is most of a signature,
is far dearer there; it is counted apart.
"""

import json
import re
import subprocess
from pathlib import Path

from measure import Samples
from places import BUILD, ROOT

# Two counts of calls: what they differ by is free of the start and of the warm-up.
FEW, MANY = 100, 1100
HASHING = re.compile(r"sha2::\S*compress")


def built() -> Path:
    command = ["cargo", "bench", "-q", "--locked", "-p", "rdsiam", "--bench", "instructions"]
    command += ["--no-run", "--message-format=json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    messages = map(json.loads, done.stdout.splitlines())
    (path,) = (Path(message["executable"]) for message in messages if message.get("executable"))
    return path


def counted(program: Path, case: str, calls: int) -> tuple[int, int]:
    """The instructions of all, and those of hashing."""
    out = BUILD / "callgrind.out"
    valgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", str(program)]
    subprocess.run([*valgrind, case, str(calls)], check=True, stderr=subprocess.DEVNULL)
    annotate = ["callgrind_annotate", "--threshold=100", "--auto=no", str(out)]
    done = subprocess.run(annotate, capture_output=True, text=True, check=True)
    rows = re.findall(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(.+)$", done.stdout, re.MULTILINE)
    costs = [(int(cost.replace(",", "")), name) for cost, name in rows]
    total = next(cost for cost, name in costs if name.startswith("PROGRAM TOTALS"))
    return total, sum(cost for cost, name in costs if HASHING.search(name))


def measure() -> dict[str, dict[str, float]]:
    BUILD.mkdir(parents=True, exist_ok=True)
    program = built()
    listed = subprocess.run([program], capture_output=True, text=True, check=True)
    found = {}
    for case in listed.stdout.splitlines():
        few, many = counted(program, case, FEW), counted(program, case, MANY)
        total, hashing = ((b - a) / (MANY - FEW) for a, b in zip(few, many, strict=True))
        found[case] = {"rest": total - hashing, "hashing": hashing}
    return found


def add(samples: Samples) -> None:
    for case, costs in measure().items():
        for part, cost in costs.items():
            samples["none"][f"instructions/{case}/{part}"] = [cost]


def of(samples: Samples) -> dict[str, dict[str, float]]:
    """What `add` put there."""
    found: dict[str, dict[str, float]] = {}
    for name, costs in samples["none"].items():
        if name.startswith("instructions/"):
            _, case, part = name.split("/")
            found.setdefault(case, {})[part] = costs[0]
    return found


def main() -> None:
    print(f"{'':26}{'rest':>10}{'hashing':>10}")
    for case, costs in measure().items():
        print(f"{case:26}{costs['rest']:10.0f}{costs['hashing']:10.0f}")


if __name__ == "__main__":
    main()
