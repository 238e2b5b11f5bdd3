"""What the Mastodon of the sandbox remembers: accounts by their tokens, statuses, media, keys, rates."""

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

HOUR = 3_600.0
LONGEST = 500
MOST_MEDIA = 4
FIRST_ID = 110_000_000_000_000_000
LINK = re.compile(r"https?://[^\s<]+")
HASHTAG = re.compile(r"(?<![\w&/])#(\w+)")


class Complaint(Exception):
    """The instance refuses a call, in Mastodon's words."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


@dataclass(slots=True)
class Media:
    """An uploaded file; it is processed once it was looked at ``polls`` times."""

    id: str
    account: str
    media_type: str
    description: str
    data: bytes = field(repr=False)
    polls: int = 0


@dataclass(slots=True)
class Status:
    """Something posted; its counters grow with each whole ``age_seconds`` / 60 and by hand."""

    id: str
    account: str
    text: str
    at: float
    media: list[Media] = field(default_factory=list)
    language: str | None = None
    extra: int = 0


class Posts:
    """The instance's memory, by ``clock`` (seconds). ``polls`` is how often fresh media are not ready."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.tokens = {"sandbox-token": "garden"}
        self.polls = 1
        self.statuses: list[Status] = []
        self.media: dict[str, Media] = {}
        self._keys: dict[tuple[str, str], tuple[str, float]] = {}
        self._number = FIRST_ID

    def post(
        self, account: str, text: str, media_ids: list[str], key: str, language: str
    ) -> Status:
        """Post, or return what the key has posted within the hour. Raises Complaint."""
        now = self.clock()
        known, until = self._keys.get((account, key), ("", 0.0))
        if key and until > now:
            return self.of(account, known)
        media = [self.attachable(account, ident) for ident in media_ids]
        if not text and not media:
            raise Complaint(422, "Validation failed: Text can't be blank")
        if len(text) > LONGEST:
            raise Complaint(422, f"Validation failed: Text character limit of {LONGEST} exceeded")
        if len(media) > MOST_MEDIA:
            raise Complaint(422, "Validation failed: Cannot attach more than 4 files")
        made = Status(self.next_id(), account, text, now, media, language or None)
        self.statuses.append(made)
        self._keys[account, key] = (made.id, now + HOUR)
        return made

    def of(self, account: str, ident: str) -> Status:
        """Return a status of an account. Raises Complaint."""
        for status in self.statuses:
            if (status.id, status.account) == (ident, account):
                return status
        raise Complaint(404, "Record not found")

    def page(self, account: str, older_than: str, limit: int) -> tuple[list[Status], bool]:
        """Return some statuses of an account, newest first, and whether there are older ones."""
        own = [s for s in reversed(self.statuses) if s.account == account]
        below = [s for s in own if not older_than or int(s.id) < int(older_than)]
        return below[:limit], len(below) > limit

    def attach(self, account: str, media_type: str, description: str, data: bytes) -> Media:
        """Keep a file. Raises Complaint for one that is no picture, sound or film."""
        if media_type.partition("/")[0] not in {"image", "video", "audio"}:
            raise Complaint(422, "Validation failed: File content type is invalid")
        made = Media(self.next_id(), account, media_type, description, data, self.polls)
        self.media[made.id] = made
        return made

    def attachable(self, account: str, ident: str) -> Media:
        """Return a processed file of an account. Raises Complaint."""
        found = self.file(account, ident)
        if found.polls:
            raise Complaint(
                422, "Cannot attach files that have not finished processing. Try again!"
            )
        return found

    def file(self, account: str, ident: str) -> Media:
        """Return a file of an account. Raises Complaint."""
        found = self.media.get(ident)
        if found is None or found.account != account:
            raise Complaint(404, "Record not found")
        return found

    def counters(self, status: Status) -> dict[str, int]:
        """Return how a status fares: the same for the same age, and never less than before."""
        minutes = int((self.clock() - status.at) // 60) + status.extra
        liked = minutes * 3 + int(status.id) % 5
        return {
            "favourites_count": liked,
            "reblogs_count": liked // 4,
            "replies_count": liked // 10,
        }

    def next_id(self) -> str:
        """Return an id above all others."""
        self._number += 1
        return str(self._number)


def shown(text: str) -> str:
    """Return a text as Mastodon's HTML: paragraphs, line ends, links with hidden ends, hashtags."""
    paragraphs = re.split(r"\n{2,}", text.strip())
    return "".join(f"<p>{marked_up(one)}</p>" for one in paragraphs)


def marked_up(text: str) -> str:
    """Return one paragraph's HTML."""
    escaped = html.escape(text, quote=False)
    linked = LINK.sub(hidden_ends, escaped)
    tagged = HASHTAG.sub(
        r'<a href="/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>', linked
    )
    return tagged.replace("\n", "<br />")


def hidden_ends(found: re.Match[str]) -> str:
    """Return a link of which only the middle is to be seen."""
    scheme, _, rest = found[0].partition("://")
    seen, hidden = rest[:30], rest[30:]
    ends = f'<span class="invisible">{hidden}</span>'
    return f'<a href="{found[0]}" rel="nofollow"><span class="invisible">{scheme}://</span><span>{seen}</span>{ends}</a>'


def as_time(seconds: float) -> str:
    """Return a time as Mastodon writes it."""
    return (
        datetime.fromtimestamp(seconds, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def media_entity(media: Media, base: str) -> dict[str, Any]:
    """Return a MediaAttachment."""
    ready = None if media.polls else f"{base}/files/{media.id}"
    kind = media.media_type.partition("/")[0]
    return {"id": media.id, "type": kind, "url": ready, "description": media.description or None}
