"""HTTP that connects only to addresses it has checked itself: the guard against SSRF.

A name is resolved once per request, *all* answers are checked, and the connection goes to a checked
address with the original Host and SNI; a second DNS answer can change nothing (DNS rebinding).
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx2

from jobs import tracing
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
        port = port_of(parsed)
        private = f"{parsed.host}:{port}" in private_hosts
        if not private and port not in PORTS:
            raise refused(parsed.host, f"port {port} is not allowed")
        why = forbidden_name(parsed.host)
        if why and not private:
            raise refused(parsed.host, why)
        return cls(parsed, parsed.host, port, private)

    @classmethod
    def trusted(cls, url: str) -> "Target":
        """Take a URL from the operator's settings: any port, and it may be private. Raises Discard."""
        parsed = parse_url(url)
        return cls(parsed, parsed.host, port_of(parsed), private=True)

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


def port_of(url: httpx2.URL) -> int:
    """Return the port of ``url``; one that is named counts, also when it is 0."""
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def refused(host: str, why: str) -> Discard:
    """Return the outcome for a place we do not go to."""
    return Discard(f"{host} may not be fetched: {why}.", code="address_refused")


@cache
def authorities() -> ssl.SSLContext:
    """Return the TLS context that trusts the usual authorities; reading them takes 50 ms, so once."""
    return httpx2.create_ssl_context(trust_env=False)


class GuardedTransport:
    """Sends one request to a target: no redirects, no cookies, no proxies, no kept connections."""

    def __init__(self, resolver: Resolver = resolve) -> None:
        limits = httpx2.Limits(max_keepalive_connections=0)  # a kept one has another host's TLS
        self._inner = httpx2.AsyncHTTPTransport(authorities(), trust_env=False, limits=limits)
        self._resolver = resolver

    async def send(
        self,
        target: Target,
        headers: dict[str, str],
        timeout_seconds: float,
        content: bytes | None = None,
        *,
        method: str = "",
    ) -> httpx2.Response:
        """Return the response with its body unread; the caller closes it.

        The method is POST when there is ``content``, else GET, unless it is named. Raises Discard when
        an address is forbidden, httpx2's errors when the other side fails.
        """
        method = method or ("GET" if content is None else "POST")
        with tracing.call(method, target.host, target.port) as span:
            headers = {**headers, **tracing.carried()}
            response = await self._reached(target, headers, timeout_seconds, content, method)
            span.answered(response.status_code)
        return response

    async def _reached(
        self,
        target: Target,
        headers: dict[str, str],
        timeout_seconds: float,
        content: bytes | None,
        method: str,
    ) -> httpx2.Response:
        """Send to the first address that takes a connection."""
        addresses = await self._checked(target)
        for address in addresses[:-1]:
            try:
                return await self._send(target, address, headers, timeout_seconds, content, method)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._send(target, addresses[-1], headers, timeout_seconds, content, method)

    @asynccontextmanager
    async def asked(
        self,
        target: Target,
        headers: dict[str, str],
        timeout_seconds: float,
        content: bytes | None = None,
        *,
        method: str = "",
    ) -> AsyncIterator[httpx2.Response]:
        """Send as ``send`` does, for a block that reads the body; all of it has ``timeout_seconds``.

        What goes wrong on the way, in the block too, is a ProviderError.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                response = await self.send(target, headers, timeout_seconds, content, method=method)
                try:
                    yield response
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise ProviderError(f"{target.host} did not answer in time.") from error
        except httpx2.TransportError as error:
            raise ProviderError(f"{target.host} cannot be reached.") from error

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
        method: str,
    ) -> httpx2.Response:
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_seconds)
        request = httpx2.Request(
            method,
            target.url.copy_with(host=address),
            headers={"Host": target.url.netloc.decode("ascii"), **headers},
            content=content,
            extensions={"timeout": timeouts, "sni_hostname": target.url.raw_host.decode("ascii")},
        )
        return await self._inner.handle_async_request(request)
