"""What a feed says, whatever its dialect: plain text, absolute URLs, dates in UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from jobs.providers.text import clean

MAX_ITEMS = 1_000
MAX_ENCLOSURES = 20
MAX_TITLE = 500
MAX_AUTHOR = 200
MAX_SUMMARY = 5_000
MAX_URL = 2_000
MAX_GUID = 1_000
MAX_LENGTH = 2**53 - 1
SPACES = "\t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with an item. ``length`` is in bytes."""

    url: str
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item. What the feed does not say is empty."""

    guid: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    author: str = ""
    published_at: datetime | None = None
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its items in its own order.

    ``cut`` says that it ended in the middle, ``left_out`` how many items were too many; ``fresh_for`` is
    how long it asks to be left alone.
    """

    format: str
    title: str = ""
    site_url: str = ""
    language: str = ""
    items: tuple[Item, ...] = ()
    cut: bool = False
    left_out: int = 0
    fresh_for: timedelta | None = None


def line(text: str, longest: int) -> str:
    """Return ``text`` on one line, fit to keep."""
    return " ".join(clean(text, SPACES).split())[:longest].rstrip()


def lines(text: str, longest: int) -> str:
    """Return ``text`` with its lines, none of them empty, fit to keep."""
    kept = (" ".join(one.split()) for one in clean(text, SPACES).splitlines())
    return "\n".join(one for one in kept if one)[:longest].rstrip()


def web_url(base: str, url: str) -> str:
    """Return ``url`` as an absolute http or https URL, or "" when it is none."""
    told = clean(url).strip().replace(" ", "%20")
    if not told:
        return ""
    try:
        whole = urljoin(base, told)
        parts = urlsplit(whole)
    except ValueError:
        return ""
    fine = parts.scheme in {"http", "https"} and parts.hostname and len(whole) <= MAX_URL
    return whole if fine else ""


def size(value: object) -> int | None:
    """Return a size in bytes, or None for what cannot be one, zero included: feeds say it for unknown."""
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 17 else 0  # noqa: PLR2004
    return number if 0 < number <= MAX_LENGTH else None


def newest(items: list[Item]) -> tuple[tuple[Item, ...], int]:
    """Return as many items as are kept, and how many were left out: the oldest, if dates tell."""
    if len(items) <= MAX_ITEMS:
        return tuple(items), 0
    dated = [item.published_at for item in items]
    if all(dated):
        order = sorted(range(len(items)), key=lambda at: items[at].published_at, reverse=True)  # type: ignore[arg-type,return-value]  # all are dated
        kept = sorted(order[:MAX_ITEMS])
    else:
        kept = list(range(MAX_ITEMS))
    return tuple(items[at] for at in kept), len(items) - MAX_ITEMS
