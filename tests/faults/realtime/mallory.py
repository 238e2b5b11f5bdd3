"""Somebody with a valid token and bad manners."""

import asyncio
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from service.client import mint_token
from tests.faults.realtime.wire import CLOSE, TEXT, Closed, Wire, frame, opened
from tests.faults.site import SECRET

ANSWER_SECONDS = 20.0


def headers(user: str = "mallory") -> dict[str, str]:
    return {"Authorization": f"Bearer {mint_token(SECRET, user=user)}"}


async def greeted(base: str, user: str = "mallory", *subs: Any, small: bool = False) -> Wire:
    """Open a WebSocket and say hello."""
    wire = await opened(base, headers(user), small=small)
    wire.say(t="hello", subs=list(subs))
    await wire.until("welcome")
    return wire


async def closed(wire: Wire, seconds: float = ANSWER_SECONDS) -> int:
    """Read to the end; return the close code, 1006 without one. Raises TimeoutError."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await wire.hear()
    except Closed as error:
        return error.code
    finally:
        wire.end()


async def shouted(wire: Wire, frames: Iterable[bytes], seconds: float = 5) -> None:
    """Write frames as fast as the server takes them, as long as it does, but no longer than that."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(seconds):
            for each in frames:
                wire.writer.write(each)
                await wire.writer.drain()


def text(payload: bytes | str) -> bytes:
    """Return a text frame."""
    return frame(payload.encode() if isinstance(payload, str) else payload, TEXT)


def close(code: int, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return frame(struct.pack("!H", code) + reason, CLOSE)
