"""Tables of Markdown, made from rows."""

from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


def cell(words: str) -> str:
    """Return words as they may stand in a table: one line, no bare bar."""
    return " ".join(words.replace("``", "`").split()).replace("|", r"\|")
