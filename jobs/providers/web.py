"""Fetching a page of somebody's site: politely, within limits, and never from a private network."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import httpx2
from protego import Protego

from jobs.errors import Discard, ProviderError
from jobs.providers.answers import PAGES, Moved, Wanted, check, content_type, location
from jobs.providers.body import read_body, read_start
from jobs.providers.politeness import Host, Politeness
from jobs.providers.transport import GuardedTransport, Resolver, Target, resolve
from jobs.settings import JobsSettings

AGENT = "Jobcast"
HEADERS = {
    "User-Agent": f"{AGENT}/0.1 (obeys robots.txt)",
    "Accept-Encoding": "gzip",
}
MAX_REDIRECTS = 5
MAX_ROBOTS_BYTES = 500 * 1024
NOT_MODIFIED = 304
OK = 200
SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came. ``unchanged`` means the site answered 304 and there is no body.

    ``moved_to`` is where it is for good, when permanent redirects alone led there.
    """

    url: str
    unchanged: bool = False
    media_type: str = ""
    charset: str | None = None
    body: bytes = b""
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""


class Web:
    """Asks other people's sites. One per process; remembers whose turn it is and robots.txt."""

    def __init__(self, settings: JobsSettings, resolver: Resolver = resolve) -> None:
        self._private_hosts = settings.private_hosts
        self._timeout = settings.web_timeout_seconds
        self._max_bytes = settings.web_max_bytes
        self._politeness = Politeness(settings.web_delay_seconds)
        self._transport = GuardedTransport(resolver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    async def get(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        wanted: Wanted = PAGES,
        patience: float | None = None,
    ) -> Fetched:
        """Return the page at ``url``, redirects followed, each hop checked like the first.

        Raises Discard for what will not get better (a private address, robots.txt, a 4xx, another
        type, too large), ProviderError for what may; HostBusy when others keep the host busy for longer
        than ``patience`` (seconds).
        """
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {**HEADERS, "Accept": wanted.accept}
        headers |= {name: value for name, value in validators.items() if value}
        for_good, moved_to = True, ""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._get_politely(self._target(url), headers, wanted, patience)
            if isinstance(answer, Fetched):
                return replace(answer, moved_to=moved_to)
            url, for_good = answer.url, for_good and answer.permanent
            moved_to = url if for_good else moved_to
        raise Discard("The page redirects too often.", code="too_many_redirects")

    async def _get_politely(
        self, target: Target, headers: dict[str, str], wanted: Wanted, patience: float | None
    ) -> Fetched | Moved:
        async with self._politeness.turn(target.origin, patience) as host:
            rules = self._politeness.known_rules(host)
            if rules is None:
                rules = await self._robots(target)
                self._politeness.learn(host, rules, AGENT)
            if not rules.can_fetch(str(target.url), AGENT):
                raise Discard(f"robots.txt of {target.host} disallows this page.", code="robots")
            return await self._page(target, headers, host, wanted)

    async def _page(
        self, target: Target, headers: dict[str, str], host: Host, wanted: Wanted
    ) -> Fetched | Moved:
        async with self._asked(target, headers) as response:
            moved = location(target.url, response)
            if moved is not None:
                return moved
            if response.status_code == NOT_MODIFIED:
                return Fetched(str(target.url), unchanged=True)
            try:
                check(target.host, response, wanted)
            except ProviderError as error:
                if error.after is not None:
                    self._politeness.hold(host, error.after.total_seconds())
                raise
            return await self._fetched(target, response)

    async def _fetched(self, target: Target, response: httpx2.Response) -> Fetched:
        media_type, charset = content_type(response)
        return Fetched(
            url=str(target.url),
            media_type=media_type,
            charset=charset,
            body=await read_body(response, self._max_bytes),
            etag=response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
        )

    async def _robots(self, target: Target) -> Protego:
        """Return the site's rules (RFC 9309): none on a 4xx; asked again later on a 5xx."""
        url = str(target.url.join("/robots.txt"))
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._rules(self._target(url))
            if isinstance(answer, Protego):
                return answer
            url = answer.url
        return Protego.parse("")

    async def _rules(self, target: Target) -> Protego | Moved:
        async with self._asked(target, {**HEADERS, "Accept": PAGES.accept}) as response:
            moved = location(target.url, response)
            if moved is not None:
                return moved
            if response.status_code >= SERVER_ERROR or response.status_code == TOO_MANY_REQUESTS:
                check(target.host, response)
            if response.status_code != OK:
                return Protego.parse("")
            body, _ = await read_start(response, MAX_ROBOTS_BYTES)
            return Protego.parse(body.decode("utf-8", "replace"))

    def _asked(
        self, target: Target, headers: dict[str, str]
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        return self._transport.asked(target, headers, self._timeout)

    def _target(self, url: str) -> Target:
        return Target.parse(url, self._private_hosts)
