"""One page of a PDF: text and rules at places counted from the upper left corner, in points."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pdfminer.fontmetrics import FONT_METRICS

WIDTHS: dict[str, int] = FONT_METRICS["Helvetica"][1]  # by character
A4 = (595.0, 842.0)
LETTER = (612.0, 792.0)
Cells = Sequence[Sequence[str]]


def width_of(text: str, size: float) -> float:
    """Return how wide Helvetica sets a text."""
    return sum(WIDTHS.get(letter, 556) for letter in text) * size / 1000


@dataclass
class Canvas:
    """What is drawn on one page. ``rotate`` is by how many degrees a viewer turns it clockwise."""

    size: tuple[float, float] = A4
    rotate: int = 0
    drawn: list[str] = field(default_factory=list)
    images: bool = False

    @property
    def seen(self) -> tuple[float, float]:
        """Return width and height as a reader sees them."""
        width, height = self.size
        return (height, width) if self.rotate in {90, 270} else (width, height)

    @property
    def content(self) -> bytes:
        """Return the content stream."""
        turn = f"0 1 -1 0 {self.size[0]:g} 0 cm" if self.rotate == 90 else ""
        return "\n".join([f"q {turn}", *self.drawn, "Q"]).encode("latin-1")

    def text(self, x: float, y: float, text: str, size: float = 10, font: str = "F1") -> None:
        """Set a line in one piece."""
        self._set(x, y, f"{shown(text, font)} Tj", size, font)

    def centred(self, y: float, text: str, size: float = 10) -> None:
        """Set a line in the middle of the page."""
        self.text((self.seen[0] - width_of(text, size)) / 2, y, text, size)

    def glyphs(self, x: float, y: float, text: str, size: float = 10) -> None:
        """Set each letter by itself, at its own place, without any spaces: as some printers' drivers do."""
        for letter in text:
            if letter != " ":
                self.text(x, y, letter, size)
            x += width_of(letter, size)

    def kerned(self, x: float, y: float, text: str, size: float = 10) -> None:
        """Set a line in pieces of a letter with a nudge between them: as TeX does."""
        pieces = [f"{shown(letter)} {(-1) ** n * 18}" for n, letter in enumerate(text)]
        self._set(x, y, f"[{' '.join(pieces)}] TJ", size, "F1")

    def slanted(self, x: float, y: float, text: str, size: float) -> None:
        """Set a line from lower left to upper right, in grey: a watermark."""
        place = f"0.7 0.7 -0.7 0.7 {x:g} {self.seen[1] - y:g} Tm"
        self.drawn.append(f"q 0.8 g BT /F1 {size:g} Tf {place} {shown(text)} Tj ET Q")

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a thin line."""
        top = self.seen[1]
        self.drawn.append(f"0.5 w {x1:g} {top - y1:g} m {x2:g} {top - y2:g} l S")

    def lines(self, x: float, y: float, lines: Sequence[str], size: float = 10) -> float:
        """Set lines below each other and return where the next one would stand."""
        for line in lines:
            self.text(x, y, line, size)
            y += size * 1.4
        return y

    def table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Cells,
        *,
        ruled: bool = True,
        size: float = 9,
        font: str = "F1",
    ) -> float:
        """Set rows of cells, whose lines are parted by a line feed; return where they end."""
        edges = [x + sum(widths[:n]) for n in range(len(widths) + 1)]
        begin = y
        for row in rows:
            if ruled:
                self.rule(edges[0], y, edges[-1], y)
            for edge, cell in zip(edges, row, strict=False):
                for number, line in enumerate(cell.split("\n") if cell else ()):
                    self.text(edge + 4, y + size * 1.3 * (number + 1), line, size, font)
            y += size * 1.3 * max(cell.count("\n") + 1 for cell in row) + 6
        if ruled:
            self.rule(edges[0], y, edges[-1], y)
            for edge in edges:
                self.rule(edge, begin, edge, y)
        return y

    def _set(self, x: float, y: float, show: str, size: float, font: str) -> None:
        place = f"{x:g} {self.seen[1] - y:g} Td"
        self.drawn.append(f"BT /{font} {size:g} Tf {place} {show} ET")


def shown(text: str, font: str = "F1") -> str:
    """Return a text as a PDF's string: Windows-1252 for F1, numbers of glyphs for F2 (Identity-H)."""
    if font == "F2":
        return (
            "<" + "".join(f"{glyph(letter):04x}" for letter in text.replace("fi", "\ufb01")) + ">"
        )
    return f"({escaped(text)})"


def escaped(text: str) -> str:
    """Return a text in Windows-1252, fit to stand in brackets."""
    codes = text.encode("cp1252")
    return "".join(chr(c) if 32 <= c < 127 and c not in b"()\\" else f"\\{c:03o}" for c in codes)


def glyph(letter: str) -> int:
    """Return the number of a letter's glyph in F2: not its code, as in any font that was cut down."""
    return 900 if letter == "\ufb01" else ord(letter) - 29
