"""Where a page of a list ends: lists ordered by time go on behind a moment and an id."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from realtime.errors import BadCursor

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WIDTH = 8
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Place:
    """Behind the row of this moment and id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        moment = (self.at - BEGINNING) // MICROSECOND
        raw = moment.to_bytes(WIDTH, "big") + self.id.bytes
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def behind(cls, cursor: str | None) -> tuple[datetime, UUID] | None:
        """Return the moment and id a page begins behind, None for the first. Raises BadCursor."""
        if not cursor:
            return None
        place = cls.parse(cursor)
        return place.at, place.id

    @classmethod
    def parse(cls, cursor: str) -> "Place":
        """Read what ``str`` wrote. Raises BadCursor for anything else."""
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
            moment = int.from_bytes(raw[:WIDTH], "big")
            return cls(BEGINNING + moment * MICROSECOND, UUID(bytes=raw[WIDTH:]))
        except (binascii.Error, ValueError, OverflowError) as error:
            raise BadCursor from error


def made(row: Any) -> Place:
    """Return the place of a row in a list that is ordered by when its rows were made."""
    return Place(row.created_at, row.id)
