"""One event as it is here, and as it is at the provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from jobs.agenda.content import Content

Pending = Literal["", "create", "change", "restore", "delete"]


@dataclass(frozen=True, slots=True)
class LocalEvent:
    """The event here. See ``models.calendar`` for the fields; ``content`` is what it says."""

    id: UUID
    remote_id: str
    etag: str
    agreed: str
    pending: Pending
    changed_at: datetime | None
    pushed_at: datetime | None
    version: int
    content: Content


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """The event there. One that is ``gone`` says nothing; ``updated_at`` is by the provider's clock.

    ``mark`` is what was told with our last push of it.
    """

    id: str
    etag: str
    updated_at: datetime | None
    content: Content | None
    series: str = ""
    url: str = ""
    mark: str = ""

    @property
    def gone(self) -> bool:
        """Return whether it was removed."""
        return self.content is None

    @property
    def digest(self) -> str:
        """Return the digest of what it says, "" for one that is gone."""
        return self.content.digest if self.content else ""
