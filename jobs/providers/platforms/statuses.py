"""What Mastodon's API says: statuses with their counters, pages, and the plain text of what it shows."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from jobs.errors import Garbage
from jobs.providers.platforms.platform import PublishedPost, Sample, link

METRICS = {"favourites_count": "favourites", "reblogs_count": "reblogs", "replies_count": "replies"}
TAG = re.compile(r"<[^>]*>")
SPACE = re.compile(r"\s+")
MENTION_HOST = re.compile(r"(@\w+)@[\w.-]+\w")
NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')


@dataclass(frozen=True, slots=True)
class Status:
    """A status, as far as we care."""

    id: str
    url: str | None
    created_at: datetime
    content: str
    counters: Mapping[str, int]

    def published(self) -> PublishedPost:
        """Return it as what was published."""
        return PublishedPost(self.id, self.url, self.created_at)

    def samples(self) -> list[Sample]:
        """Return its counters."""
        return [Sample(self.id, metric, value) for metric, value in self.counters.items()]

    def says(self, text: str) -> bool:
        """Tell whether it is what became of ``text``: the markup, the spaces and hosts are Mastodon's."""
        shown = html.unescape(TAG.sub("", self.content))
        return without_spaces(shown) == without_spaces(MENTION_HOST.sub(r"\1", text))


def status_of(data: Any) -> Status:
    """Read a status. Raises Garbage."""
    try:
        created = datetime.fromisoformat(data["created_at"])
        return Status(
            id=identifier(data),
            url=link(data.get("url")),
            created_at=created if created.tzinfo else created.replace(tzinfo=UTC),
            content=str(data["content"]),
            counters={METRICS[name]: int(data.get(name) or 0) for name in METRICS},
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Garbage("Mastodon answered with something that is no status.") from error


def statuses_of(data: Any) -> list[Status]:
    """Read a page of statuses. Raises Garbage."""
    if not isinstance(data, list):
        raise Garbage("Mastodon answered with something that is no list of statuses.")
    return [status_of(one) for one in data]


def identifier(data: Any) -> str:
    """Return the id of anything that has one. Raises Garbage."""
    ident = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(ident, str) or not ident.isalnum():
        raise Garbage("Mastodon answered with something that has no id.")
    return ident


def next_page(headers: httpx2.Headers) -> str | None:
    """Return where the next page is (RFC 8288), if there is one."""
    found = NEXT.search(headers.get("link", ""))
    return found[1] if found else None


def without_spaces(text: str) -> str:
    """Return only what is to be seen."""
    return SPACE.sub("", text)
