"""The bars: what the ratios of bars.json have to be, and whether they are."""

import json
from dataclasses import dataclass

from measure import Samples, spread
from places import HERE


@dataclass(frozen=True)
class Bar:
    """Two medians of one run, and the bound of their ratio."""

    name: str
    what: str
    over: str
    under: str
    kinds: tuple[str, ...]
    bound: float
    at_least: bool

    def ratios(self, samples: Samples) -> dict[str, float]:
        """By the kind of credentials."""
        found = {}
        for kind in self.kinds:
            over, under = (samples[kind][name] for name in (self.over, self.under))
            found[kind] = spread(over).median / spread(under).median
        return found

    def worst(self, samples: Samples) -> float:
        """Of the kinds that it is about, the one that counts."""
        values = self.ratios(samples).values()
        return min(values) if self.at_least else max(values)

    def met(self, samples: Samples) -> bool:
        worst = self.worst(samples)
        return worst >= self.bound if self.at_least else worst <= self.bound

    def says(self) -> str:
        return f"at {'least' if self.at_least else 'most'} {self.bound:g}"


def all_bars() -> list[Bar]:
    rows = json.loads((HERE / "bars.json").read_text())
    bars = []
    for name, row in rows.items():
        kinds = tuple(row.get("kinds", ["none", "900"]))
        at_least = "at_least" in row
        bound = row["at_least" if at_least else "at_most"]
        # One bar for each thing that stands at the `*`.
        for each in row.get("each", [""]):
            what, over, under = (row[key].replace("*", each) for key in ("what", "over", "under"))
            called = f"{name}-{each}" if each else name
            bars.append(Bar(called, what, over, under, kinds, bound, at_least))
    return bars


def programs_of(bars: list[Bar]) -> set[str]:
    """The beginnings of the names that the bars compare."""
    return {name for bar in bars for name in (bar.over, bar.under)}
