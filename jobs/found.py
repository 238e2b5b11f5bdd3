"""What a caller asks for is there, or it is as if it did not exist."""

from typing import TypeVar

from jobs.errors import NotFound

Row = TypeVar("Row")


def found(row: Row | None) -> Row:
    """Return a row that is there. Raises NotFound for one that is not."""
    if row is None:
        raise NotFound
    return row
