"""What a running attempt says on its way: progress, output and log lines, joined before they are sent.

A chatty processor costs one round trip per ``INTERVAL``, not one per word: progress keeps its newest
value, output and log lines are joined. Nothing here can fail an attempt.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from jobs.events import passing
from jobs.store import JobRow
from jobs.supervision import wait_until
from realtime.channels import Channel
from realtime.ephemeral import Ephemeral
from realtime.message import Message

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 0.05
MAX_PENDING_BYTES = 64 * 1024


class Reporter:
    """One attempt's voice. ``close`` sends what is left, so that it comes before the final event."""

    def __init__(self, row: JobRow, ephemeral: Ephemeral, max_output_bytes: int) -> None:
        self._row = row
        self._ephemeral = ephemeral
        self._max_output = max_output_bytes
        self._channel = Channel.job(row.id)
        self._output: list[str] = []
        self._pending_bytes = 0
        self._sent_bytes = 0
        self._written_bytes = 0
        self._lines: list[dict[str, Any]] = []
        self._fresh_progress: dict[str, Any] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self.latest: dict[str, Any] | None = None

    async def progress(self, fraction: float, message: str) -> None:
        """Say how far the work is; out of range is brought into range."""
        bounded = 0.0 if fraction != fraction else min(max(float(fraction), 0.0), 1.0)  # noqa: PLR0124 - NaN
        self.latest = self._fresh_progress = {"fraction": bounded, "message": clean(message)[:500]}
        self._send_soon()

    async def log(self, message: str, fields: dict[str, Any]) -> None:
        """Say a line."""
        time = datetime.now(UTC).isoformat()
        attempt = self._row.attempt
        said = {"time": time, "attempt": attempt, "message": clean(message)[:4000]}
        self._lines.append({**sendable(fields), **said})
        self._send_soon()

    async def output(self, text: str) -> None:
        """Stream text; waits while too much is on its way. Past the bound the rest is dropped."""
        text = clean(text)
        size = len(text.encode())
        if self._written_bytes + size > self._max_output:
            return
        self._written_bytes += size
        self._output.append(text)
        self._pending_bytes += size
        self._send_soon()
        if self._pending_bytes > MAX_PENDING_BYTES and self._sending:
            await asyncio.shield(self._sending)

    async def close(self) -> None:
        """Send what is left."""
        self._closing.set()
        if self._sending:
            await self._sending
        await self._try_to_send()

    def _send_soon(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_later())

    async def _send_later(self) -> None:
        await wait_until(self._closing, INTERVAL_SECONDS)
        await self._try_to_send()

    async def _try_to_send(self) -> None:
        try:
            await self._send()
        except Exception as error:
            log.warning("report.failed", id=str(self._row.id), error=repr(error))

    async def _send(self) -> None:
        attempt, ephemeral = self._row.attempt, self._ephemeral
        if lines := self._lines:
            self._lines = []
            told = [event for line in lines for event in self._event("log", line)]
            encoded = [orjson.dumps(line) for line in lines]
            await ephemeral.lines(self._channel, attempt, encoded, told)
        if self._output:
            text, self._output, self._pending_bytes = "".join(self._output), [], 0
            start, self._sent_bytes = self._sent_bytes, self._sent_bytes + len(text.encode())
            data = {"attempt": attempt, "position": self._sent_bytes, "text": text}
            await ephemeral.text(self._channel, attempt, start, text, self._event("output", data))
        if progress := self._fresh_progress:
            self._fresh_progress = None
            value = orjson.dumps(progress)
            told = self._event("progress", {**progress, "attempt": attempt})
            await ephemeral.latest(self._channel, attempt, "progress", value, told)

    def _event(self, kind: str, data: dict[str, Any]) -> list[tuple[Channel, Message]]:
        row = self._row
        return passing(kind, row.id, (row.org_id, row.user_id), row.attempt, data)


def sendable(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a line's fields as JSON can hold them: what it can't is told in words."""
    try:
        return dict(orjson.loads(orjson.dumps(fields, default=str)))
    except TypeError:  # lone surrogates, integers past 64 bits
        return {clean(key): clean(str(value)) for key, value in fields.items()}


def clean(text: str) -> str:
    """Return text that JSON and Postgres can hold: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
