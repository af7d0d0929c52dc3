"""Bar charts as SVG, readable on a light and on a dark page."""

from collections.abc import Sequence
from html import escape

from sections import is_ours

WIDTH, LABELS, BAR, GAP, TOP = 720, 210, 18, 8, 34
SPACE = WIDTH - LABELS - 110

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #1a7f37 }
.peer { fill: #8c959f }
.spread { stroke: #1f2328; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ours { fill: #3fb950 }
  .peer { fill: #6e7681 }
  .spread { stroke: #e6edf3 }
}
"""

# A label, the median, the quartiles, and what is written behind it.
Row = tuple[str, float, float, float, str]


def chart(title: str, rows: Sequence[Row]) -> str:
    """Lengths from zero, so that they compare as the figures do."""
    height = TOP + len(rows) * (BAR + GAP)
    scale = SPACE / max(max(median, high) for _, median, _, high, _ in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="{WIDTH}" height="{height}" aria-label="{escape(title, quote=True)}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="16">{escape(title)}</text>',
    ]
    for number, (label, median, low, high, text) in enumerate(rows):
        top = TOP + number * (BAR + GAP)
        kind = "ours" if is_ours(label) else "peer"
        length, middle = max(median * scale, 1), top + BAR / 2
        ends = (LABELS + low * scale, LABELS + high * scale)
        behind = max(LABELS + length, ends[1]) + 6
        parts += [
            f'<text x="{LABELS - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}"/>',
            f'<path class="spread" d="M{ends[0]:.1f} {middle}H{ends[1]:.1f}"/>',
            f'<text x="{behind:.1f}" y="{top + 14}">{escape(text)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
