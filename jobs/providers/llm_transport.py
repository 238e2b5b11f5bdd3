"""How the SDK's requests leave: one connection each, no proxies, and no answer larger than is sane."""

from collections.abc import AsyncIterator

import httpx2

from jobs import tracing
from jobs.providers.transport import authorities

HTTPS = 443
MOST_BYTES = 32 * 1024 * 1024
"""An answer of 200,000 characters, wrapped in a chunk of JSON every four of them, is half of it."""


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Breaks off what goes on and on, and refuses what is compressed: its size shows only when it bursts.

    No connection is kept: it may be closed at the other end just when it is needed, and only a retry would
    hide that.
    """

    def __init__(self) -> None:
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(authorities(), trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises httpx2's errors."""
        request.headers["Accept-Encoding"] = "identity"
        url = request.url
        with tracing.call(request.method, url.host, url.port or HTTPS) as span:
            request.headers.update(tracing.carried())
            response = await self._inner.handle_async_request(request)
            span.answered(response.status_code)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx2.ReadError("the answer is compressed", request=request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = Bounded(response.stream, request)
        return response

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()


class Bounded(httpx2.AsyncByteStream):
    """A body that ends in a ReadError when it has become too large."""

    def __init__(self, inner: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        self._inner = inner
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._inner:
            read += len(piece)
            if read > MOST_BYTES:
                raise httpx2.ReadError("the answer is too large", request=self._request)
            yield piece

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()
