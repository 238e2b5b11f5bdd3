"""What a site's answer means: a redirect, a page, an error that may pass or one that will not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from jobs.errors import Discard, ProviderError

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
TRY_LATER = frozenset({408, 425, 429})
OK = 200
SERVER_ERROR = 500
LONGEST_RETRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the Accept header, the media types that will do, and the two in words."""

    accept: str
    media_types: frozenset[str]
    words: str


PAGES = Wanted(
    "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.5",
    frozenset({"text/html", "application/xhtml+xml", "text/plain"}),
    "text or HTML",
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A redirect. ``permanent`` says that the old URL need not be asked again (301, 308)."""

    url: str
    permanent: bool


def location(url: httpx2.URL, response: httpx2.Response) -> Moved | None:
    """Return where a redirect leads, or None. Raises Discard when it leads to no URL at all."""
    if response.status_code not in REDIRECTS or "location" not in response.headers:
        return None
    try:
        place = str(url.join(response.headers["location"]))
    except (httpx2.InvalidURL, ValueError) as error:
        raise Discard("The page redirects to something that is no URL.", code="bad_url") from error
    return Moved(place, response.status_code in PERMANENT)


def check(host: str, response: httpx2.Response, wanted: Wanted = PAGES) -> None:
    """Raise unless the answer is what was wanted: ProviderError if it may become one, else Discard."""
    status = response.status_code
    if status >= SERVER_ERROR or status in TRY_LATER:
        raise ProviderError(f"{host} answered {status}.", after=retry_after(response))
    if status != OK:
        raise Discard(f"{host} answered {status}.", code=f"http_{status}")
    media_type, _ = content_type(response)
    if media_type not in wanted.media_types:
        shown = media_type[:80] or "nothing we know"
        raise Discard(f"The page is {shown}, not {wanted.words}.", code="wrong_type")


def content_type(response: httpx2.Response) -> tuple[str, str | None]:
    """Return the media type in lower case and the charset, if it names one."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type, response.charset_encoding


def rate_limit_reset(
    headers: httpx2.Headers, longest: timedelta = LONGEST_RETRY_AFTER
) -> timedelta | None:
    """Return how long it is to ``X-RateLimit-Reset`` (a time, or seconds since 1970); see ``longest``."""
    value = headers.get("x-ratelimit-reset", "").strip()
    try:
        at = (
            datetime.fromtimestamp(int(value), UTC)
            if value.isdecimal()
            else datetime.fromisoformat(value)
        )
        wait = at - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return min(max(wait, timedelta(0)), longest)


def retry_after(
    response: httpx2.Response, longest: timedelta = LONGEST_RETRY_AFTER
) -> timedelta | None:
    """Return how long the site asks to be left alone (seconds or a date), at most ``longest``."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(timedelta(seconds=min(int(value[:9]), 10**6)), longest)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
    return min(max(wait, timedelta(0)), longest)
