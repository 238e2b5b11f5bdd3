"""How feeds and their items look from outside."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from jobs.page import Page
from jobs.resource import JobFailure, Resource
from jobs.store.feeds import FeedItemRow, FeedRow


class FeedStatus(StrEnum):
    """How a feed is doing. A flagged one has failed for days, one that is gone answered 410."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"
    FLAGGED = "flagged"
    GONE = "gone"


class FeedLinks(Resource):
    """Where to go from here."""

    self: str
    items: str


class FeedResource(Resource):
    """A feed that its user follows. Times are RFC 3339 in UTC."""

    id: UUID
    url: str = Field(description="Where it is now: a permanent redirect moves it")
    title: str = Field(description="The user's word for it, else its own; empty before it was read")
    own_title: str = Field(description="What it calls itself")
    site_url: str = Field(description="The site it belongs to")
    language: str
    format: str = Field(description="`rss20`, `atom10`, `rss10`, `json11`, … as it was last read")
    status: FeedStatus
    paused: bool
    next_at: datetime | None = Field(description="When it is due; none while paused or gone")
    fetched_at: datetime | None = Field(description="When it last answered well")
    changed_at: datetime | None = Field(description="When it last had new items")
    failures: int = Field(description="Jobs that failed since the last success")
    failing_since: datetime | None
    flagged_at: datetime | None = Field(description="When its user was told that it is broken")
    last_error: JobFailure | None
    created_at: datetime
    updated_at: datetime
    links: FeedLinks

    @classmethod
    def of(cls, row: FeedRow) -> "FeedResource":
        """Return ``row`` as its follower sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        here, resting = f"/api/feeds/{row.id}", row.paused or row.ended_at is not None
        failed = JobFailure(code=row.error_code, message=row.error) if row.error_code else None
        seen = {
            "title": row.title or row.own_title,
            "status": status_of(row),
            "next_at": None if resting else row.next_at,
            "last_error": failed,
            "links": FeedLinks(self=here, items=f"{here}/items"),
        }
        return cls(**{**same, **seen})


def status_of(row: FeedRow) -> FeedStatus:
    """Return how a feed is doing."""
    if row.ended_at is not None:
        return FeedStatus.GONE
    if row.paused:
        return FeedStatus.PAUSED
    if row.flagged_at is not None:
        return FeedStatus.FLAGGED
    return FeedStatus.ACTIVE if row.failing_since is None else FeedStatus.FAILING


class FeedPage(Page[FeedResource]):
    """Some feeds, newest first."""


class EnclosureResource(Resource):
    """A file that comes with an item: a podcast's episode, a picture."""

    url: str
    type: str = Field(description="Its media type, empty when the feed does not say")
    length: int | None = Field(description="Its size in bytes, if the feed says")


class FeedItemResource(Resource):
    """One item. ``summary`` is plain text; what the feed does not say is empty."""

    id: UUID
    guid: str
    url: str
    title: str
    summary: str
    author: str
    published_at: datetime | None = Field(description="As the feed says it, even in the future")
    enclosures: list[EnclosureResource]
    created_at: datetime = Field(description="When it was first seen")
    updated_at: datetime = Field(description="When it was last seen changed")

    @classmethod
    def of(cls, row: FeedItemRow) -> "FeedItemResource":
        """Return ``row`` as its follower sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "enclosures"}
        return cls(**same, enclosures=[EnclosureResource(**one) for one in row.enclosures])


class FeedItemPage(Page[FeedItemResource]):
    """Some items of a feed, newest first."""
