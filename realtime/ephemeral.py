"""Telling and remembering briefly: progress, output and log lines of a running attempt, in Redis.

Nothing here has a place in a channel's sequence. Each write tells whoever listens and keeps enough
for whoever comes later, atomically, so that a reader who subscribes first and reads the memory then
misses nothing. A write of an older attempt is refused; a newer attempt starts afresh.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis

from realtime import keys
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.channels import Channel
from realtime.message import Message
from realtime.settings import RealtimeSettings

log = structlog.get_logger(__name__)

SCRIPT = Path(__file__).with_name("lua") / "remember.lua"
Told = Sequence[tuple[Channel, Message]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a channel. ``text`` ends ``position`` bytes into the output."""

    attempt: int = 0
    latest: Mapping[str, bytes] = field(default_factory=dict)
    text: str = ""
    position: int = 0
    lines: Sequence[bytes] = ()


class Ephemeral:
    """The short memories of channels. Redis trouble never raises: False, or nothing remembered."""

    def __init__(
        self, redis: Redis, settings: RealtimeSettings, breaker: Breaker | None = None
    ) -> None:
        self._redis = redis
        self._settings = settings
        self._breaker = breaker or Breaker()
        self._script = redis.register_script(SCRIPT.read_text(encoding="utf-8"))

    async def latest(
        self, channel: Channel, attempt: int, key: str, value: bytes, publish: Told = ()
    ) -> bool:
        """Keep ``value`` as the newest of ``key``; False if refused or Redis was not reached."""
        return await self._remember(channel, attempt, "latest", 0, (key, value), publish)

    async def text(
        self, channel: Channel, attempt: int, start: int, text: str, publish: Told = ()
    ) -> bool:
        """Append ``text``, which begins ``start`` bytes into the attempt's output.

        Sent twice it is kept once. After a hole (Redis was away) the text is known from ``start``.
        """
        bound = self._settings.max_output_bytes
        value = (start, text.encode())
        return await self._remember(channel, attempt, "text", bound, value, publish)

    async def lines(
        self, channel: Channel, attempt: int, lines: Sequence[bytes], publish: Told = ()
    ) -> bool:
        """Add log lines (JSON each); the oldest make room."""
        bound = self._settings.max_log_lines
        return await self._remember(channel, attempt, "lines", bound, lines, publish)

    async def read(self, channels: Collection[Channel]) -> Mapping[Channel, Memory]:
        """Return what is remembered; channels without a memory are left out."""
        pipeline = self._redis.pipeline(transaction=True)
        for channel in channels:
            root, text, lines = keys.memory(channel)
            pipeline.hgetall(root)
            pipeline.get(text)
            pipeline.lrange(lines, 0, -1)
        if not channels or self._breaker.open:
            return {}
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                rows = await pipeline.execute()
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return {}
        parts = zip(channels, rows[0::3], rows[1::3], rows[2::3], strict=True)
        return {channel: _memory(*found) for channel, *found in parts if any(found)}

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
        what: str,
        bound: int,
        value: Sequence[str | int | bytes],
        publish: Told,
    ) -> bool:
        if self._breaker.open:
            return False
        ttl = int(self._settings.ephemeral_ttl.total_seconds())
        told = [part for to, message in publish for part in (keys.events(to), message.pack())]
        arguments = [attempt, ttl, what, bound, len(value), *value, *told]
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                return bool(await self._script(keys=keys.memory(channel), args=arguments))
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return False

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
