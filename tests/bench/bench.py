#!/usr/bin/env python3
"""The benchmarks: `bench.py full [ROUNDS]` writes BENCHMARKS.md and its charts, `bench.py quick
[ROUNDS]` measures what the bars are about and fails when one is not met.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import bars
import install
import instructions
import measure
import report
import sizes
from places import BUILD, ROOT
from programs import PROGRAMS, Program, keys


def above_bare(samples: measure.Samples) -> None:
    """Memory above that of the interpreter alone, in KiB."""
    for kept in samples.values():
        for language in ("python", "node"):
            bare = measure.spread(kept[f"{language}/cold/bare/rss"]).median
            for name in [name for name in kept if name.endswith("/rss")]:
                if name.startswith(f"{language}/"):
                    kept[name.removesuffix("rss") + "above"] = [rss - bare for rss in kept[name]]


def run(programs: list[Program], count: int) -> measure.Samples:
    samples = measure.rounds(programs, count)
    above_bare(samples)
    sizes.add(samples)
    return samples


def table(samples: measure.Samples) -> int:
    """Prints each bar; the number of those that are not met."""
    failed = 0
    for bar in bars.all_bars():
        met = bar.met(samples)
        failed += not met
        ratios = ", ".join(f"{value:.3g}" for value in bar.ratios(samples).values())
        print(f"{'met   ' if met else 'BELOW '} {bar.what}: {ratios} ({bar.says()})")
    return failed


def quick(rounds: int = 7) -> int:
    wanted = bars.programs_of(bars.all_bars())
    needed = [
        program
        for program in [*PROGRAMS, keys(50_000)]
        if any(name.startswith(f"{program.name}/") for name in wanted)
        or program.name.endswith("/bare")
    ]
    started = time.monotonic()
    failed = table(run(needed, rounds))
    print(
        f"{failed} of {len(bars.all_bars())} bars are not met; {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0


def lambdas(samples: measure.Samples, count: int) -> None:
    """Cold starts of the two Lambdas, with a login each at the stand-in for the database."""
    here = ROOT / "tests/bench/lambda"
    commands: dict[str, list[str | Path]] = {
        "python": [ROOT / ".venv/bin/python", here / "cold_start.py"],
        "node": ["node", here / "cold-start.cjs"],
    }
    for language, command in commands.items():
        words = [ROOT / "tests/standin/standin", "run", "--", *command, str(count)]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        kept = {f"lambda/{language}/{name}": values for name, values in found.items()}
        samples.setdefault("900", {}).update(kept)


def full(rounds: int = 15) -> int:
    samples = run([*PROGRAMS, keys(1_000_000)], rounds)
    lambdas(samples, rounds)
    instructions.add(samples)
    table(samples)
    (BUILD / "samples.json").write_text(json.dumps(samples, indent=1))
    report.write(samples)
    return 0


def main() -> int:
    kind = {"full": full, "quick": quick}[sys.argv[1]]
    install.everything()
    return kind(*map(int, sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
