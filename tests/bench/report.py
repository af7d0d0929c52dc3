"""BENCHMARKS.md and its charts, from the samples of one run."""

from datetime import datetime, timezone

import bars
import instructions
import machine
from charts import Row, chart
from measure import Samples, Spread, spread
from places import HERE, ROOT
from sections import CLOCK, FLOOR, SECTIONS, Section, is_ours

CHARTS = HERE / "charts"
# A peer that takes less than this many times our time, memory or space is as good as we are.
AS_GOOD = 1.25
KINDS = {"none": "no session token", "900": "session token of 900 characters"}


def figure(value: Spread, unit: tuple[float, str]) -> str:
    factor, _ = unit
    median, low, high = (number(part * factor) for part in (value.median, value.low, value.high))
    return median if value.count == 1 else f"{median} ({low}, {high})"


def number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def spreads(section: Section, samples: Samples, kind: str) -> list[tuple[str, Spread]]:
    kept = samples.get(kind, {})
    return [(label, spread(kept[name])) for label, name in section.rows if name in kept]


def columns(section: Section, samples: Samples) -> list[str]:
    return [kind for kind in KINDS if spreads(section, samples, kind)]


def table(section: Section, samples: Samples) -> list[str]:
    kinds = columns(section, samples)
    by_kind = {kind: dict(spreads(section, samples, kind)) for kind in kinds}
    named = len(kinds) > 1 or kinds == ["900"]
    heads = [f"{section.unit[1]}, {KINDS[kind]}" if named else section.unit[1] for kind in kinds]
    lines = [
        "| | " + " | ".join(f"{head} | ratio" for head in heads) + " |",
        "|---|" + "---:|---:|" * len(kinds),
    ]
    first = section.rows[0][0]
    for label, _ in section.rows:
        cells = []
        for kind in kinds:
            value, ours = by_kind[kind][label], by_kind[kind][first].median
            cells += [figure(value, section.unit), number(value.median / ours)]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def draw(section: Section, samples: Samples) -> str:
    kind = columns(section, samples)[-1]
    factor, unit = section.unit
    found = spreads(section, samples, kind)
    rows: list[Row] = [
        (
            label,
            one.median * factor,
            one.low * factor,
            one.high * factor,
            f"{number(one.median * factor)} {unit}",
        )
        for label, one in found
    ]
    named = f", {KINDS[kind]}" if len(columns(section, samples)) > 1 else ""
    return chart(f"{section.title}, {unit}{named}", rows)


def bar_lines(samples: Samples) -> list[str]:
    lines = ["| | bar | measured | |", "|---|---|---:|---|"]
    for bar in bars.all_bars():
        found = bar.ratios(samples)
        texts = [
            f"{number(ratio)}" + (f" ({KINDS[kind]})" if len(found) > 1 else "")
            for kind, ratio in found.items()
        ]
        met = "met" if bar.met(samples) else "**not met**"
        lines.append(f"| {bar.what} | {bar.says()} | {', '.join(texts)} | {met} |")
    return lines


def instruction_lines(samples: Samples) -> list[str]:
    lines = ["| | instructions | and of hashing |", "|---|---:|---:|"]
    for case, parts in instructions.of(samples).items():
        lines.append(f"| {case} | {parts['rest']:,.0f} | {parts['hashing']:,.0f} |")
    return lines


def as_good(samples: Samples) -> list[str]:
    """The rows of others that take no more than a little more than ours."""
    lines = []
    for section in SECTIONS:
        for kind in columns(section, samples) if section.has_peers else []:
            (_, ours), *others = spreads(section, samples, kind)
            for label, other in others:
                ratio = other.median / ours.median
                if ratio < AS_GOOD and not is_ours(label) and label not in (FLOOR, CLOCK):
                    times = f"{number(ratio)} times what rdsiam does"
                    lines.append(f"- {section.title}: {label}, {times} ({KINDS[kind]}).")
    return lines or ["- In this run, there were none."]


def write(samples: Samples) -> None:
    CHARTS.mkdir(exist_ok=True)
    for old in CHARTS.glob("*.svg"):
        old.unlink()
    filled = {
        "bars": bar_lines(samples),
        "sections": [line for section in SECTIONS for line in shown(section, samples)],
        "instructions": instruction_lines(samples),
        "as_good": as_good(samples),
        "rounds": [str(len(samples["none"]["command/awscli/whole"]))],
        "machine": [
            f"| {name} | {value} |" for name, value in machine.description() + machine.versions()
        ],
        "day": [str(datetime.now(timezone.utc).date())],
    }
    text = (HERE / "report.md").read_text()
    for name, lines in filled.items():
        text = text.replace(f"@{name}@", "\n".join(lines))
    (ROOT / "BENCHMARKS.md").write_text(text)


def shown(section: Section, samples: Samples) -> list[str]:
    chart_file = CHARTS / f"{section.name}.svg"
    chart_file.write_text(draw(section, samples))
    picture = f"![{section.title}]({chart_file.relative_to(ROOT)})"
    head = [f"## {section.title}", section.text, "", picture, ""]
    return [*head, *table(section, samples), ""]
