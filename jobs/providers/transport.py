"""HTTP that connects only to addresses it has checked itself: the guard against SSRF.

A name is resolved once per request, *all* answers are checked, and the connection goes to a checked
address with the original Host and SNI; a second DNS answer can change nothing (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import httpx2

from jobs.errors import Discard, ProviderError
from jobs.providers.addresses import forbidden, forbidden_name

Resolver = Callable[[str, int], Awaitable[list[str]]]
DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = frozenset({80, 443, 8080, 8443})
MAX_URL = 2_000
MAX_TRIES = 3


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of ``host``. Raises ProviderError when there is none right now."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ProviderError(f"The address of {host} cannot be found.") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked for: http or https, a usual port, no credentials, a public name."""

    url: httpx2.URL
    host: str
    port: int
    private: bool = False

    @classmethod
    def parse(cls, url: str, private_hosts: Collection[str] = ()) -> "Target":
        """Check everything that can be told without the network. Raises Discard."""
        parsed = parse_url(url)
        port = parsed.port or DEFAULT_PORTS[parsed.scheme]
        private = f"{parsed.host}:{port}" in private_hosts
        if not private and port not in PORTS:
            raise refused(parsed.host, f"port {port} is not allowed")
        why = forbidden_name(parsed.host)
        if why and not private:
            raise refused(parsed.host, why)
        return cls(parsed, parsed.host, port, private)

    @property
    def origin(self) -> str:
        """Return scheme, host and port: whose turn it is, and whose robots.txt."""
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"


def parse_url(url: str) -> httpx2.URL:
    """Return ``url`` without its fragment. Raises Discard for what no browser should be sent to."""
    if len(url) > MAX_URL or "\\" in url or not url.isprintable() or " " in url:
        raise Discard("This is not a URL that can be fetched.", code="bad_url")
    try:
        parsed = httpx2.URL(url).copy_with(fragment=None)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise Discard("This is not a URL that can be fetched.", code="bad_url") from error
    if parsed.scheme not in DEFAULT_PORTS or not parsed.host:
        raise Discard("Only http and https URLs can be fetched.", code="bad_url")
    if parsed.userinfo:
        raise Discard("A URL with a user name or password is not fetched.", code="bad_url")
    return parsed


def refused(host: str, why: str) -> Discard:
    """Return the outcome for a place we do not go to."""
    return Discard(f"{host} may not be fetched: {why}.", code="address_refused")


class GuardedTransport:
    """Sends one request to a target: no redirects, no cookies, no proxies, no kept connections."""

    def __init__(self, resolver: Resolver = resolve) -> None:
        limits = httpx2.Limits(max_keepalive_connections=0)  # a kept one has another host's TLS
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
        self._resolver = resolver

    async def send(
        self,
        target: Target,
        headers: dict[str, str],
        timeout_seconds: float,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Return the response with its body unread; the caller closes it. ``content`` makes it a POST.

        Raises Discard when an address is forbidden, httpx2's errors when the other side fails.
        """
        addresses = await self._checked(target)
        for address in addresses[:-1]:
            try:
                return await self._send(target, address, headers, timeout_seconds, content)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._send(target, addresses[-1], headers, timeout_seconds, content)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _checked(self, target: Target) -> list[str]:
        addresses = await self._resolver(target.host, target.port)
        for address in addresses:
            why = forbidden(address)
            if why and not target.private:
                raise refused(target.host, f"its address is {why}")
        if not addresses:
            raise ProviderError(f"The address of {target.host} cannot be found.")
        return addresses[:MAX_TRIES]

    async def _send(
        self,
        target: Target,
        address: str,
        headers: dict[str, str],
        timeout_seconds: float,
        content: bytes | None,
    ) -> httpx2.Response:
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_seconds)
        request = httpx2.Request(
            "GET" if content is None else "POST",
            target.url.copy_with(host=address),
            headers={"Host": target.url.netloc.decode("ascii"), **headers},
            content=content,
            extensions={"timeout": timeouts, "sni_hostname": target.url.raw_host.decode("ascii")},
        )
        return await self._inner.handle_async_request(request)
