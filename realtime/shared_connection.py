"""One connection to Redis that many callers ask over at once, kept open and opened anew when it was lost.

A client with a pool spends more on handing out connections and awaiting each reply than Redis does on the
command; here what callers ask in the same moment travels together and is answered in order.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from realtime.redis_connection import RedisConnection, Word, connect
from realtime.settings import RealtimeSettings


class Script:
    """A Lua script: Redis is sent its hash, and its text only when it does not know it."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class SharedConnection:
    """Raises REDIS_TROUBLE's errors: what Redis refuses, a lost connection, no answer in time."""

    def __init__(self, url: str, timeout_seconds: float, *, tls_verify: bool = True) -> None:
        self._url = url
        self._timeout = timeout_seconds
        self._tls_verify = tls_verify
        self._connection: RedisConnection | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    def of(cls, settings: RealtimeSettings, url: str) -> "SharedConnection":
        """Return one with the settings' time-out and TLS rules."""
        return cls(url, settings.redis_timeout_seconds, tls_verify=settings.redis_tls_verify)

    async def ask(self, *words: Word) -> Any:
        """Return the answer to a command."""
        return (await self.ask_all([words]))[-1]

    async def ask_all(
        self, commands: Iterable[Sequence[Word]], wait_seconds: float = 0.0
    ) -> list[Any]:
        """Return the answers to commands that are sent as one piece.

        One of them may block for ``wait_seconds``. They are sent once more when a connection that was open
        before turns out to be closed, so they must bear to be run twice.
        """
        commands = list(commands)
        known = self._open
        try:
            return await self._ask(known or await self._opened(), commands, wait_seconds)
        except RedisConnectionError:
            if known is None:
                raise
            return await self._ask(await self._opened(), commands, wait_seconds)

    async def run(self, script: Script, keys: Sequence[str], *arguments: Word) -> Any:
        """Return what a script answers."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.ask("EVALSHA", script.digest, *rest)
        except ResponseError as error:
            if not unknown_script(error):
                raise
            return await self.ask("EVAL", script.text, *rest)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()

    @property
    def _open(self) -> RedisConnection | None:
        connection = self._connection
        return None if connection is None or connection.lost.done() else connection

    async def _opened(self) -> RedisConnection:
        async with self._connecting:
            if (connection := self._open) is None:
                connection = self._connection = await connect(
                    self._url,
                    ignore,
                    timeout_seconds=self._timeout,
                    tls_verify=self._tls_verify,
                )
            return connection

    async def _ask(
        self, connection: RedisConnection, commands: list[Sequence[Word]], wait_seconds: float
    ) -> list[Any]:
        with connection.together():
            asked = [connection.ask(*words) for words in commands]
        try:
            async with asyncio.timeout(self._timeout + wait_seconds):
                return [await answer for answer in asked]
        except TimeoutError:
            connection.close()  # whatever it still answers would be nobody's
            raise


def unknown_script(error: ResponseError) -> bool:
    """Return whether Redis wants to be told a script's text."""
    return str(error).startswith("NOSCRIPT")


def ignore(push: list[Any]) -> None:
    """Hear nothing: this connection subscribes to nothing."""
