"""What a running attempt says on its way: progress, output and log lines, joined before they are sent.

A chatty processor costs one round trip per ``report_seconds``, not one per word, and only a tenth of that
while nobody watches. Progress keeps its newest value, output and log lines are joined. What did not arrive
is sent again, and what Redis forgot is said again as far as it is still held: each piece names its place,
so nothing shows twice. Nothing here can fail an attempt.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from jobs.events import passing
from jobs.log_errors import told
from jobs.settings import JobsSettings
from jobs.store import JobRow
from jobs.supervision import wait_until
from jobs.tail import Tail
from jobs.wire_json import moment
from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, Kept, Told
from realtime.message import Message

log = structlog.get_logger(__name__)

LAST_TRIES = 3
INSIDE_A_CHARACTER = range(0x80, 0xC0)  # of UTF-8


class Reporter:
    """One attempt's voice. ``close`` sends what is left, so that it comes before the final event."""

    def __init__(self, row: JobRow, ephemeral: Ephemeral, settings: JobsSettings) -> None:
        self._row = row
        self._ephemeral = ephemeral
        self._settings = settings
        self._channel = Channel.job(row.id)
        self._output = Tail(bytearray(), settings.held_output_bytes)
        self._lines: Tail[list[bytes]] = Tail([], settings.held_log_lines)
        self._room = settings.max_output_bytes
        self._fresh_progress: dict[str, Any] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._flushed = asyncio.Event()
        self._closed = self._over = False
        self._watched = self._reached = True
        self.latest: dict[str, Any] | None = None

    async def progress(self, fraction: float, message: str) -> None:
        """Say how far the work is; out of range is brought into range."""
        bounded = 0.0 if fraction != fraction else min(max(float(fraction), 0.0), 1.0)  # noqa: PLR0124 - NaN
        self.latest = self._fresh_progress = {"fraction": bounded, "message": clean(message)[:500]}
        self._send_soon()

    async def log(self, message: str, fields: dict[str, Any]) -> None:
        """Say a line; waits while too many are on their way."""
        said = {
            "time": moment(datetime.now(UTC)),
            "attempt": self._row.attempt,
            "line": self._lines.end + 1,
            "message": clean(message)[:4000],
        }
        line = orjson.dumps({**sendable(fields), **said})
        if len(line) > self._settings.max_event_bytes // 2:
            line = orjson.dumps({**said, "truncated": True})
        self._lines.add([line])
        self._send_soon()
        if self._lines.unsent >= self._settings.max_unsaid_lines:
            await self._sent()

    async def output(self, text: str) -> None:
        """Stream text; waits while too much is on its way. Past the bound the rest is dropped."""
        said = clean(text).encode()
        fits = boundary(said, self._room)
        self._room = self._room - fits if fits == len(said) else 0
        for piece in pieces(said[:fits], self._settings.max_unsaid_bytes):
            self._output.add(bytearray(piece))
            self._send_soon()
            if self._output.unsent >= self._settings.max_unsaid_bytes:
                await self._sent()

    async def close(self) -> None:
        """Send what is left; while Redis is away an ending waits for its last words, but not for long."""
        self._closed = True
        if self._sending is None:
            return  # it never said a word
        self._hurry.set()
        await self._sending
        await self._try_to_send()
        for _ in range(LAST_TRIES):
            if self._over or not (self._output.unsent or self._lines.unsent):
                break
            await asyncio.sleep(self._settings.quiet_report_seconds)
            await self._try_to_send()

    @property
    def _unsaid(self) -> bool:
        return bool(self._output.unsent or self._lines.unsent or self._fresh_progress)

    async def _sent(self) -> None:
        """Wait until it was tried to send what was said so far; not while that cannot be."""
        if self._reached and not (self._over or self._closed):
            self._flushed.clear()
            self._hurry.set()
            await self._flushed.wait()

    def _send_soon(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._keep_sending())

    async def _keep_sending(self) -> None:
        """Send until there is nothing more to say."""
        while self._unsaid and not (self._over or self._closed):
            await wait_until(self._hurry, self._pause)
            self._hurry.clear()
            await self._try_to_send()

    @property
    def _pause(self) -> float:
        """Return how long to gather: longer while nobody would hear it."""
        settings = self._settings
        attentive = self._watched and self._reached
        return settings.report_seconds if attentive else settings.quiet_report_seconds

    async def _try_to_send(self) -> None:
        try:
            await self._send()
        except Exception as error:
            self._over = True  # a fault of ours: said again it would fail again
            log.warning("report.failed", id=str(self._row.id), error=told(error))
        self._flushed.set()

    async def _send(self) -> None:
        steps = (self._send_lines, self._send_output, self._send_progress)
        said = [kept for step in steps if (kept := await step()) is not None]
        fates = {kept.fate for kept in said}
        self._over = self._over or "old" in fates
        self._reached = "unreached" not in fates
        if "kept" in fates:
            self._watched = any(kept.listeners for kept in said)

    async def _send_lines(self) -> Kept | None:
        lines = self._lines
        while lines.unsent:
            start, end = lines.sent, lines.next
            untold = lines.part(max(lines.told, start), end)
            kept = await self._ephemeral.lines(
                *(self._channel, self._row.attempt, start, lines.part(start, end)),
                [event for line in untold for event in self._event("log", orjson.Fragment(line))],
                again=start > lines.start,
            )
            if lines.settled(kept, end):
                return kept
        return None

    async def _send_output(self) -> Kept | None:
        output = self._output
        while output.unsent:
            start, end = output.sent, output.next
            kept = await self._ephemeral.text(
                *(self._channel, self._row.attempt, start, bytes(output.part(start, end))),
                self._told_output(max(output.told, start), end),
                again=start > output.start,
            )
            if output.settled(kept, end):
                return kept
        return None

    def _told_output(self, position: int, end: int) -> Told:
        told: list[tuple[Channel, Message]] = []
        size = self._settings.max_event_bytes // 2
        for piece in pieces(bytes(self._output.part(position, end)), size):
            position += len(piece)
            text = piece.decode(errors="ignore")
            data = {"attempt": self._row.attempt, "position": position, "text": text}
            told += self._event("output", data)
        return told

    async def _send_progress(self) -> Kept | None:
        progress = self._fresh_progress
        if progress is None:
            return None
        attempt, value = self._row.attempt, orjson.dumps(progress)
        told = self._event("progress", {**progress, "attempt": attempt})
        kept = await self._ephemeral.latest(self._channel, attempt, "progress", value, told)
        if kept and self._fresh_progress is progress:
            self._fresh_progress = None
        return kept

    def _event(self, kind: str, data: dict[str, Any] | orjson.Fragment) -> Told:
        row = self._row
        return passing(kind, row.id, (row.org_id, row.user_id), row.attempt, data)


def pieces(text: bytes, size: int) -> Iterator[bytes]:
    """Cut UTF-8 into pieces of at most ``size`` bytes (at least 4), never inside a character."""
    start = 0
    while start < len(text):
        end = boundary(text, start + size)
        yield text[start:end]
        start = end


def boundary(text: bytes, at: int) -> int:
    """Return the last place in UTF-8 up to ``at`` that is not inside a character."""
    if at >= len(text):
        return len(text)
    while at > 0 and text[at] in INSIDE_A_CHARACTER:
        at -= 1
    return at


def sendable(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a line's fields as JSON can hold them: what it can't is told in words."""
    try:
        return dict(orjson.loads(orjson.dumps(fields, default=str)))
    except TypeError:  # lone surrogates, integers past 64 bits
        return {clean(key): clean(str(value)) for key, value in fields.items()}


def clean(text: str) -> str:
    """Return text that JSON and Postgres can hold: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
