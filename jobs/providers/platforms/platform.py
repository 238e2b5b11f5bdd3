"""What every platform can do: publish once, find what was published, and tell how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

LONGEST_URL = 2_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes out with a post; ``alt`` says what is to be seen, for those who cannot."""

    name: str
    media_type: str
    alt: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be published. ``text`` is as the channel shows it, ``body`` is Markdown.

    ``idempotency_key`` is the same in every try, whoever makes it.
    """

    idempotency_key: str
    content_id: str
    title: str
    text: str
    body: str
    hashtags: Sequence[str] = ()
    language: str = ""
    media: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class PublishedPost:
    """What is published: the platform's id of it, where people see it, and since when (None: now)."""

    id: str
    url: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostRef:
    """A published post, as its platform knows it."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """A counter of a post, now."""

    id: str
    metric: str
    value: int


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """Some samples. ``next`` is the next page, if there is one; ``pause`` how long it has to wait."""

    samples: Sequence[Sample]
    next: str | None = None
    pause: timedelta | None = None


class Platform(Protocol):
    """An account on a platform. Every call raises Discard for what stays, ProviderError for what may pass.

    Refused, a Discard, means that the platform did nothing. ``remembers`` is how long it surely knows an
    idempotency key; None when it keeps it for good.
    """

    @property
    def remembers(self) -> timedelta | None:
        """Return how long after the first try ``publish`` is sure to make nothing twice."""

    async def publish(self, post: Post) -> PublishedPost:
        """Publish, or return what an earlier try with the same idempotency key has made."""

    async def find(self, post: Post, since: datetime) -> PublishedPost | None:
        """Return what a try at ``since`` or later has made of this post, if it made anything."""

    async def metrics(self, refs: Sequence[PostRef], page: str | None) -> MetricsPage:
        """Return samples of some of the posts, a page at a time, beginning with None."""


def link(url: Any) -> str | None:
    """Return what a platform says to be an address if a page may link to it."""
    fits = isinstance(url, str) and url.startswith(("https://", "http://")) and url.isprintable()
    return url if fits and len(url) <= LONGEST_URL else None
