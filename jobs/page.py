"""A page of a list: what it shows, and the cursor behind it."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeVar

from jobs.place import made
from jobs.resource import Resource

Shown = TypeVar("Shown", bound=Resource)
Row = TypeVar("Row")


class Page(Resource, Generic[Shown]):
    """Some of a list. ``next`` is the cursor of the page behind it, None when there is no more."""

    data: list[Shown]
    next: str | None
    has_more: bool

    @classmethod
    def cut(
        cls,
        rows: Sequence[Row],
        limit: int,
        of: Callable[[Row], Shown],
        place_of: Callable[[Row], object] = made,
        **more: Any,
    ) -> Self:
        """Return the page that shows at most ``limit`` of ``rows``; ``more`` are fields of its own.

        ``place_of`` says behind what the next page begins: as text it is the cursor.

        They were asked for with one more than ``limit``: by that one it is known that there is more.
        """
        shown = rows[:limit]
        following = str(place_of(shown[-1])) if len(rows) > limit else None
        data = [of(row) for row in shown]
        return cls(data=data, next=following, has_more=following is not None, **more)
