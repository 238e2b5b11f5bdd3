"""Telling and remembering briefly: progress, output and log lines of a running attempt, in Redis.

Nothing here has a place in a channel's sequence. Each write tells whoever listens and keeps enough
for whoever comes later, atomically, so that a reader who subscribes first and reads the memory then
misses nothing. A write of an older attempt is refused; a newer attempt starts afresh.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from realtime import keys
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.channels import Channel
from realtime.message import Message
from realtime.settings import RealtimeSettings

log = structlog.get_logger(__name__)

SCRIPT = Path(__file__).with_name("lua") / "remember.lua"
Told = Sequence[tuple[Channel, Message]]
How = tuple[Literal["latest", "text", "lines"], bool]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a channel. ``text`` ends ``position`` bytes into the output."""

    attempt: int = 0
    latest: Mapping[str, bytes] = field(default_factory=dict)
    text: str = ""
    position: int = 0
    lines: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of something said; true if it is remembered and told.

    ``old``: the attempt is over, nothing of it is wanted. ``known``: it was said before. ``hole``: what
    comes before it is missing. ``unreached``: Redis did not answer, it may or may not be kept.
    ``listeners`` is how many processes heard it, ``known`` how far the memory reaches now.
    """

    fate: Literal["kept", "old", "known", "hole", "unreached"]
    listeners: int = 0
    known: int = 0

    def __bool__(self) -> bool:
        return self.fate == "kept"


UNREACHED = Kept("unreached")


class Ephemeral:
    """The short memories of channels. Redis trouble never raises: it is ``unreached``."""

    def __init__(
        self, redis: Redis, settings: RealtimeSettings, breaker: Breaker | None = None
    ) -> None:
        self._redis = redis
        self._settings = settings
        self._breaker = breaker or Breaker()
        self._script = redis.register_script(SCRIPT.read_text(encoding="utf-8"))

    async def latest(
        self, channel: Channel, attempt: int, key: str, value: bytes, publish: Told = ()
    ) -> Kept:
        """Keep ``value`` as the newest of ``key``."""
        return await self._remember(channel, attempt, ("latest", False), (key, value), publish)

    async def text(
        self,
        channel: Channel,
        attempt: int,
        start: int,
        text: str | bytes,
        publish: Told = (),
        *,
        again: bool = False,
    ) -> Kept:
        """Append UTF-8 ``text``, which begins ``start`` bytes into the attempt's output.

        Sent twice it is kept once. Where text is missing before it (Redis was emptied) it is refused
        if that can be said ``again``; else the output is known from ``start`` on only.
        """
        data = text.encode() if isinstance(text, str) else text
        return await self._remember(channel, attempt, ("text", again), (start, data), publish)

    async def lines(
        self,
        channel: Channel,
        attempt: int,
        start: int,
        lines: Sequence[bytes],
        publish: Told = (),
        *,
        again: bool = False,
    ) -> Kept:
        """Add log lines (JSON each), ``start`` lines into the attempt's; the oldest make room.

        Sent twice they are kept once; for ``again`` see ``text``.
        """
        return await self._remember(channel, attempt, ("lines", again), (start, *lines), publish)

    async def read(self, channels: Collection[Channel]) -> Mapping[Channel, Memory]:
        """Return what is remembered; channels without a memory are left out."""
        pipeline = self._redis.pipeline(transaction=True)
        for channel in channels:
            root, text, lines = keys.memory(channel)
            pipeline.hgetall(root)
            pipeline.get(text)
            pipeline.lrange(lines, 0, -1)
        rows = await self._executed(pipeline) if channels else []
        if not rows:
            return {}
        parts = zip(channels, rows[0::3], rows[1::3], rows[2::3], strict=True)
        return {channel: _memory(*found) for channel, *found in parts if any(found)}

    async def newest(
        self, channels: Collection[Channel], key: str
    ) -> Mapping[Channel, tuple[int, bytes]]:
        """Return (attempt, latest value of ``key``) where there is one; nothing heavier is read."""
        pipeline = self._redis.pipeline(transaction=False)
        for channel in channels:
            pipeline.hmget(keys.memory(channel)[0], ["attempt", f"latest:{key}"])
        rows = await self._executed(pipeline) if channels else []
        found = zip(channels, rows, strict=False)
        return {channel: (int(attempt), value) for channel, (attempt, value) in found if value}

    def reading(self, channel: Channel) -> list[tuple[bytes | str | int, ...]]:
        """Return the commands that read a channel's memory, for who asks on a connection of its own."""
        root, text, lines = keys.memory(channel)
        return [(b"HGETALL", root), (b"GET", text), (b"LRANGE", lines, 0, -1)]

    def as_memory(self, answers: Sequence[Any]) -> Memory:
        """Return what the answers to ``reading`` say."""
        fields, text, lines = answers
        return _memory(fields, text, lines)

    async def forget(self, channel: Channel) -> bool:
        """Drop everything remembered of ``channel``."""
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                await self._redis.delete(*keys.memory(channel))
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return False
        return True

    async def _remember(
        self,
        channel: Channel,
        attempt: int,
        how: How,
        value: Sequence[str | int | bytes],
        publish: Told,
    ) -> Kept:
        if self._breaker.open:
            return UNREACHED
        settings, (what, again) = self._settings, how
        ttl = int(settings.ephemeral_ttl.total_seconds())
        bound = settings.max_output_bytes if what == "text" else settings.max_log_lines
        told = [part for to, message in publish for part in (keys.events(to), message.pack())]
        arguments = [attempt, ttl, what, bound, int(again), len(value), *value, *told]
        try:
            async with asyncio.timeout(settings.redis_timeout_seconds):
                fate, heard, known = await self._script(keys=keys.memory(channel), args=arguments)
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return UNREACHED
        return Kept(fate.decode(), heard, known)

    async def _executed(self, pipeline: "Pipeline") -> list[Any]:
        if self._breaker.open:
            return []
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                return await pipeline.execute()
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return []

    def _troubled(self, error: Exception) -> None:
        self._breaker.trip()
        log.warning("ephemeral.failed", error=type(error).__name__)


def _memory(fields: Mapping[bytes, bytes], text: bytes | None, lines: Sequence[bytes]) -> Memory:
    latest = {
        name.removeprefix(b"latest:").decode(): value
        for name, value in fields.items()
        if name.startswith(b"latest:")
    }
    return Memory(
        attempt=int(fields.get(b"attempt", 0)),
        latest=latest,
        text=(text or b"").decode(errors="ignore"),  # a trimmed front may begin inside a character
        position=int(fields.get(b"position", 0)),
        lines=lines,
    )
