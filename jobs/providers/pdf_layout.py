"""How the words of a page hang together: lines, columns of text, cells of tables that have no rules. Pure.

Lengths are points; ``y`` grows downwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from jobs.providers.text import Row

GUTTER = 14.0
"""The least width of the white between two columns of text."""
MIDDLE = (0.35, 0.65)
"""Where that white may lie, as shares of the page's width."""
LEAST_PARTED = 6
PROSE = 0.45
"""The least share of its column's width that a line of running text fills."""
CELL_GAP = 1.5
"""The least white between two cells, in sizes of the type; words are a quarter apart."""
ALIGNED = 6.0
LEAST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the box around it."""

    x0: float
    x1: float
    top: float
    bottom: float
    text: str

    @property
    def height(self) -> float:
        """Return about the size of the type."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Block:
    """A line of words, or a table that has been read already: then it has ``rows``."""

    top: float
    words: list[Word] = field(default_factory=list)
    rows: list[Row] | None = None
    span: tuple[float, float] = (0.0, 0.0)

    @property
    def x0(self) -> float:
        """Return where it begins."""
        return self.words[0].x0 if self.words else self.span[0]

    @property
    def x1(self) -> float:
        """Return where it ends."""
        return max(w.x1 for w in self.words) if self.words else self.span[1]


def rows_in_order(words: Iterable[Word], tables: Iterable[Block], width: float) -> list[Row]:
    """Return all rows of a page as a reader takes them in, column after column."""
    blocks = sorted([*lines_of(words), *tables], key=lambda block: block.top)
    at = gutter(blocks, width)
    rows: list[Row] = []
    run: list[list[Word]] = []
    for block in blocks if at is None else columns_apart(blocks, at):
        if block.rows is None:
            run.append(block.words)
            continue
        rows += [*aligned_rows(run), *block.rows]
        run = []
    return rows + aligned_rows(run)


def lines_of(words: Iterable[Word]) -> list[Block]:
    """Return the words line by line, each line from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.top + w.bottom, w.x0)):
        last = lines[-1][0] if lines else None
        if last and abs(word.top + word.bottom - last.top - last.bottom) < last.height:
            lines[-1].append(word)
        else:
            lines.append([word])
    for line in lines:
        line.sort(key=lambda w: w.x0)
    return [Block(min(w.top for w in line), line) for line in lines]


def gutter(blocks: Sequence[Block], width: float) -> float | None:
    """Return where the page is parted into two columns of running text, if it is."""
    lines = [block.words for block in blocks if block.words]
    gaps = [wide_gaps(line, GUTTER) for line in lines]
    middles = {round((a + b) / 2) for line in gaps for a, b in line}
    inside = sorted(x for x in middles if MIDDLE[0] * width <= x <= MIDDLE[1] * width)
    best = max(inside, key=lambda x: sum(parts(line, x) for line in gaps), default=None)
    return best if best is not None and prose_beside(lines, best) else None


def wide_gaps(line: Sequence[Word], least: float) -> list[tuple[float, float]]:
    """Return the white stretches of a line."""
    return [(a.x1, b.x0) for a, b in pairwise(line) if b.x0 - a.x1 >= least]


def parted_at(lines: Iterable[Sequence[Word]], x: float) -> list[Sequence[Word]]:
    """Return the lines with words on both sides of ``x`` and none near it."""
    return [line for line in lines if parts(wide_gaps(line, GUTTER), x)]


def parts(gaps: Iterable[tuple[float, float]], x: float) -> bool:
    """Return whether one of a line's gaps is around ``x``, with some white on both sides."""
    half = GUTTER / 3
    return any(a <= x - half and x + half <= b for a, b in gaps)


def prose_beside(lines: Sequence[Sequence[Word]], x: float) -> bool:
    """Return whether both sides of ``x`` are running text, not the cells of a table."""
    parted = parted_at(lines, x)
    crossing = [line for line in lines if any(w.x0 < x < w.x1 for w in line)]
    if len(parted) < max(LEAST_PARTED, len(crossing)):
        return False
    left = [[w for w in line if w.x1 <= x] for line in parted]
    right = [[w for w in line if w.x0 >= x] for line in parted]
    celled = sum(1 for side in left if wide_gaps(side, GUTTER))
    return celled * 4 <= len(parted) and filled(left, x) >= PROSE and filled(right, x) >= PROSE


def filled(sides: Sequence[Sequence[Word]], x: float) -> float:
    """Return how much of their column's width these lines fill."""
    widest = max(side[-1].x1 for side in sides) - min(side[0].x0 for side in sides)
    return median(side[-1].x1 - side[0].x0 for side in sides) / widest


def columns_apart(blocks: Sequence[Block], x: float) -> Iterator[Block]:
    """Yield the left column before the right one, from one line across both to the next."""
    left: list[Block] = []
    right: list[Block] = []
    for block in blocks:
        if block.x1 <= x:
            left.append(block)
        elif block.x0 >= x:
            right.append(block)
        elif block.words and parted_at([block.words], x):
            left.append(Block(block.top, [w for w in block.words if w.x1 <= x]))
            right.append(Block(block.top, [w for w in block.words if w.x0 >= x]))
        else:
            yield from [*left, *right, block]
            left, right = [], []
    yield from [*left, *right]


@dataclass(slots=True)
class Column:
    """A column of a table without rules: how far its cells reach."""

    x0: float
    x1: float

    def holds(self, cell: Sequence[Word]) -> bool:
        """Return whether a cell begins where this column's cells begin, or stands under them."""
        first, last = cell[0].x0, cell[-1].x1
        return abs(first - self.x0) <= ALIGNED or (first < self.x1 and last > self.x0)

    def take(self, cell: Sequence[Word]) -> None:
        """Reach as far as this cell."""
        self.x0, self.x1 = min(self.x0, cell[0].x0), max(self.x1, cell[-1].x1)


def aligned_rows(lines: Sequence[Sequence[Word]]) -> list[Row]:
    """Return lines as rows: cells below each other keep their column, wrapped ones are joined."""
    rows: list[Row] = []
    columns: list[Column] = []
    for line in lines:
        cells = cells_of(line)
        places = places_of(cells, columns)
        if places is None or (len(cells) == 1 and places == [0]):
            columns = [Column(c[0].x0, c[-1].x1) for c in cells]
            columns = columns if len(cells) >= LEAST_COLUMNS else []
            rows.append([text_of(cell) for cell in cells])
            continue
        if places[0] == 0:
            rows.append([""] * len(columns))
        for place, cell in zip(places, cells, strict=True):
            columns[place].take(cell)
            rows[-1][place] = f"{rows[-1][place]} {text_of(cell)}".strip()
    return rows


def cells_of(line: Sequence[Word]) -> list[list[Word]]:
    """Return a line's words, parted where the white is too wide to stand between words."""
    cells = [[line[0]]]
    for before, word in pairwise(line):
        if word.x0 - before.x1 >= CELL_GAP * max(before.height, word.height):
            cells.append([])
        cells[-1].append(word)
    return cells


def places_of(cells: Sequence[Sequence[Word]], columns: Sequence[Column]) -> list[int] | None:
    """Return the column of each cell, None when they do not belong to this table."""
    places = [
        next((n for n, column in enumerate(columns) if column.holds(cell)), -1) for cell in cells
    ]
    return places if -1 not in places and places == sorted(set(places)) else None


def text_of(words: Iterable[Word]) -> str:
    """Return words as they are read."""
    return " ".join(word.text for word in words)
