"""Reading a response's body within a limit, counted unpacked: a bomb never gets to explode."""

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx2

from jobs.errors import Discard, ProviderError

GZIP_OR_ZLIB = 47
PIECE = 64 * 1024


async def read_body(response: httpx2.Response, limit: int) -> bytes:
    """Return the decoded body. Raises Discard past ``limit`` bytes or for an unknown encoding."""
    body, cut = await read_start(response, limit)
    if cut:
        raise Discard(f"The page has more than {limit:,} bytes.", code="page_too_large")
    return body


async def read_start(response: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    """Return at most ``limit`` decoded bytes, and whether there were more."""
    body = bytearray()
    async for piece in decoded(response):
        body += piece
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


async def decoded(response: httpx2.Response) -> AsyncIterator[bytes]:
    """Yield the body in pieces of at most 64 KiB, decompressed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", "deflate", ""}:
        raise Discard(f"The answer is compressed by {encoding[:40]!r}.", code="wrong_encoding")
    inflater = None if encoding in {"identity", ""} else zlib.decompressobj(GZIP_OR_ZLIB)
    async for chunk in response.aiter_raw():
        if inflater is None:
            yield chunk
            continue
        for piece in inflate(inflater, chunk):
            yield piece


def inflate(inflater: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """Yield what ``chunk`` unpacks to, a bounded piece at a time."""
    try:
        while piece := inflater.decompress(chunk, PIECE):
            yield piece
            chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise ProviderError("The answer's compression is broken.") from error
