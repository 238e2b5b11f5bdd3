"""Bar charts as SVG, written by hand: panels of labelled bars, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABEL, VALUE = 760, 210, 110
BAR, GAP, HEAD, FOOT, EDGE = 18, 6, 40, 20, 16
OURS, THEIRS, INK, FAINT = "#2563eb", "#94a3b8", "#0f172a", "#64748b"
FONT = "font-family='system-ui, sans-serif'"


@dataclass(frozen=True)
class Bar:
    """One bar: ``shown`` stands behind it, ``ours`` gives it the product's colour."""

    label: str
    value: float
    shown: str
    ours: bool = False


@dataclass(frozen=True)
class Panel:
    """Bars of one measure; ``note`` says which way is better."""

    title: str
    note: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        """Return what it takes, in pixels."""
        return HEAD + len(self.bars) * (BAR + GAP) + FOOT


def chart(title: str, below: str, panels: Sequence[Panel]) -> str:
    """Return the picture: a title, the panels one below the other, a line with what it was made on."""
    height = 2 * EDGE + 26 + sum(panel.height for panel in panels) + 16
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{WIDTH}' height='{height}' fill='#ffffff' rx='8'/>",
        text(EDGE, EDGE + 16, title, size=18, weight=700),
    ]
    top = EDGE + 34
    for panel in panels:
        lines += drawn(panel, top)
        top += panel.height
    lines += [text(EDGE, height - EDGE, below, size=11, fill=FAINT), "</svg>"]
    return "\n".join(lines) + "\n"


def drawn(panel: Panel, top: int) -> list[str]:
    """Return a panel's elements; its longest bar takes all of the room."""
    most = max((bar.value for bar in panel.bars), default=0.0) or 1.0
    room = WIDTH - 2 * EDGE - LABEL - VALUE
    lines = [
        text(EDGE, top + 20, panel.title, size=14, weight=600),
        text(WIDTH - EDGE, top + 20, panel.note, size=11, fill=FAINT, anchor="end"),
    ]
    for number, bar in enumerate(panel.bars):
        y = top + HEAD - 8 + number * (BAR + GAP)
        length = max(room * bar.value / most, 1.0)
        colour, weight = (OURS, 600) if bar.ours else (THEIRS, 400)
        x = EDGE + LABEL
        lines += [
            text(x - 8, y + 13, bar.label, size=12, weight=weight, anchor="end"),
            f"<rect x='{x}' y='{y}' width='{length:.1f}' height='{BAR}' rx='3' fill='{colour}'/>",
            text(x + length + 6, y + 13, bar.shown, size=12, weight=weight),
        ]
    return lines


def text(
    x: float, y: float, words: str, *, size: int, weight: int = 400, fill: str = INK,
    anchor: str = "start",
) -> str:  # fmt: skip
    """Return words that begin, or end, at a place."""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' font-weight='{weight}'"
        f" fill='{fill}' text-anchor='{anchor}'>{escape(words)}</text>"
    )
