"""One interleaved run: in each round every program once, since the machine drifts."""

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import endpoint
from programs import Program, start

# By the kind of credentials, then by the name of what was measured.
Samples = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Spread:
    """A median with the quartiles around it."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    low, median, high = (
        statistics.quantiles(values, n=4, method="inclusive")
        if len(values) > 1
        else [values[0]] * 3
    )
    return Spread(median, low, high, len(values))


def rounds(programs: Iterable[Program], count: int) -> Samples:
    """A round before the first warms the caches of the file system and is thrown away."""
    programs = list(programs)
    samples: Samples = {}
    begun = time.monotonic()
    with endpoint.serving() as address:
        for number in range(-1, count):
            for program in programs:
                if number == 0 or not program.once:
                    for variant in program.variants:
                        found = start(program, variant, address)
                        if number >= 0:
                            keep(samples, variant, program.name, found)
            done = time.monotonic() - begun
            print(f"round {max(number + 1, 0)} of {count}, {done:.0f} s", flush=True)
    return samples


def keep(samples: Samples, variant: str, program: str, found: object) -> None:
    assert isinstance(found, dict)
    for name, value in found.items():
        # Where one program measures both kinds itself, it says so at the end of the name.
        stem, _, last = name.rpartition("/")
        kind, name = (last, stem) if last in ("none", "900") and stem else (variant, name)
        values = value if isinstance(value, list) else [value]
        samples.setdefault(kind, {}).setdefault(f"{program}/{name}", []).extend(values)
