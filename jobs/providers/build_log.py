"""A build's log while it grows: what is new in it since the last look.

The service names files, one after another, each a line of JSON per message (``msg``, ``phase``) or of plain
text. They are read by Range requests (RFC 9110 §14), guarded like any address we are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
import orjson

from jobs.errors import ProviderError
from jobs.providers.body import read_start
from jobs.providers.lines import Lines
from jobs.providers.transport import GuardedTransport, Target
from jobs.settings import JobsSettings

MOST_AT_ONCE = 256 * 1024
MOST_FILES = 50
MAX_SKIPPED = 4 * 1024 * 1024
OK, PARTIAL, NOT_YET, NOTHING_MORE = 200, 206, 404, 416


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a build's log, and the phase of the build that said it."""

    text: str
    phase: str = ""


class BuildLog:
    """Reads one build's log from its beginning; remembers how far it came."""

    def __init__(self, transport: GuardedTransport, settings: JobsSettings) -> None:
        self._transport = transport
        self._settings = settings
        self._secret = settings.expo_token.get_secret_value()
        self._file = 0
        self._offset = 0
        self._rest = b""

    async def more(self, urls: Sequence[str]) -> list[LogLine]:
        """Return what is new. Raises ProviderError, Discard for a log that cannot be read."""
        found: list[LogLine] = []
        read = 0
        while self._file < min(len(urls), MOST_FILES) and read < MOST_AT_ONCE:
            piece = await self._piece(urls[self._file])
            read, self._offset = read + len(piece), self._offset + len(piece)
            *whole, self._rest = (self._rest + piece).split(b"\n")
            self._rest = self._rest[:MOST_AT_ONCE]
            found += [line for raw in whole if (line := self._line(raw))]
            if len(piece) == MOST_AT_ONCE:
                continue
            if self._file + 1 >= len(urls):
                break
            self._file, self._offset, self._rest = self._file + 1, 0, b""
        return found

    async def _piece(self, url: str) -> bytes:
        """Return the next bytes of a file, none when there are no more for now."""
        target = Target.parse(url, self._settings.private_hosts)
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={self._offset}-"}
        async with self._transport.asked(
            target, headers, self._settings.api_timeout_seconds
        ) as response:
            return await self._body(target.host, response)

    async def _body(self, host: str, response: httpx2.Response) -> bytes:
        status = response.status_code
        if status == PARTIAL:
            body, _ = await read_start(response, MOST_AT_ONCE)
            return body
        if status == OK and self._offset <= MAX_SKIPPED:  # it does not know ranges
            body, _ = await read_start(response, self._offset + MOST_AT_ONCE)
            return body[self._offset :]
        if status in {OK, NOT_YET, NOTHING_MORE}:
            return b""
        raise ProviderError(f"{host} answered {status} for the build's log.")

    def _line(self, raw: bytes) -> LogLine | None:
        message, phase = read_line(raw)
        shown = Lines([self._secret])
        text = " ".join([*shown.feed(message.encode("utf-8", "replace")), *shown.end()])
        return LogLine(text, phase) if text else None


def read_line(raw: bytes) -> tuple[str, str]:
    """Return the message and the phase of a line; what is no JSON is a message itself."""
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "replace"), ""
    if not isinstance(told, dict):
        return raw.decode("utf-8", "replace"), ""
    return str(told.get("msg", "")), str(told.get("phase", ""))[:100]
