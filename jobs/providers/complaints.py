"""What a service says about a call it refused: one short line out of the usual shapes, no secrets in it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jobs.providers.text import clean, tidy

LONGEST = 200
SHORTEST_SECRET = 4
MASK = "•••"
NAMES = ("error_description", "detail", "message", "error", "title", "errors")
"""Of OAuth 2.0 (RFC 6749), problem details (RFC 9457), OpenAI, Mastodon, Google; the most telling first."""


def complaint(data: Any, secrets: Collection[str] = ()) -> str:
    """Return a service's own words, at most 200 characters; "" when it said nothing readable."""
    said = tidy(clean(next(words(data), ""), "\n\t"))
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            said = said.replace(secret, MASK)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def words(data: Any) -> Iterator[str]:
    """Yield the texts in an error answer, the most telling first."""
    if isinstance(data, str):
        if data.strip():
            yield data
    elif isinstance(data, Mapping):
        for name in NAMES:
            yield from words(data.get(name))
    elif isinstance(data, list):
        for item in data[:1]:
            yield from words(item)
