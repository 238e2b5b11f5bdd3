"""The load: callers and browsers in one process, cheap enough not to be what is measured.

One JSON command a line on stdin, one JSON line on stdout for each: ``closed`` keeps so many requests in
flight, ``pickup`` submits one job at a time, ``live`` submits at a rate and watches sockets.
"""

import asyncio
import itertools
import json
import random
import sys
import time
from typing import Any

import orjson
import uvloop
from http_client import (  # type: ignore[import-not-found]  # beside this file
    Connection,
    check,
    connected,
    posting,
)
from pickups import pickups  # type: ignore[import-not-found]
from web_socket import joined  # type: ignore[import-not-found]

SEED = 20_261_128
ACCEPTED = b"202"
CONNECTIONS = 64
PATIENCE_SECONDS = 60.0


class Closed:
    """As many requests in flight as there are connections, for a while; the first part is warm-up."""

    def __init__(self, requests: list[bytes], warm: float, seconds: float) -> None:
        self._requests = itertools.cycle(requests)
        self._begin = time.monotonic() + warm
        self._end = self._begin + seconds
        self._done = asyncio.get_running_loop().create_future()
        self.taken: list[float] = []

    async def run(self, connections: list[Connection]) -> list[float]:
        """Return how long each answer of the second part took."""
        for connection in connections:
            self._next(connection)
        await self._done
        return self.taken

    def _next(self, connection: Connection) -> None:
        sent = time.monotonic()

        def answered(data: bytes) -> None:
            now = time.monotonic()
            if data[9:12] != ACCEPTED:
                self._finish(RuntimeError(f"refused: {data[:600]!r}"))
            elif now < self._end:
                if now >= self._begin:
                    self.taken.append(now - sent)
                self._next(connection)
            else:
                self._finish(None)

        connection.send(next(self._requests), answered)

    def _finish(self, error: Exception | None) -> None:
        if self._done.done():
            return
        if error:
            self._done.set_exception(error)
        else:
            self._done.set_result(None)


async def closed(
    port: int, connections: int, warm: float, seconds: float, path: str, tokens: list[str],
    body: str,
) -> dict[str, Any]:  # fmt: skip
    """Return how many were answered in the time, and how long each took."""
    opened = await connected(port, connections)
    requests = [posting(port, path, token, body) for token in tokens]
    taken = await Closed(requests, warm, seconds).run(opened)
    for one in opened:
        one.transport.close()
    return {"taken": taken, "seconds": seconds}


async def pickup(port: int, samples: int, token: str, body: str, tally: str) -> dict[str, Any]:
    """Return when each job began after its POST was sent, and after its 202 came."""
    [connection] = await connected(port, 1)
    request = posting(port, "/api/jobs", token, body)

    async def submit() -> None:
        check(await connection.ask(request), ACCEPTED)

    await pickups(tally, 20, submit)  # everything is warm
    return {"pickups": await pickups(tally, samples, submit)}


class Live:
    """Jobs by the moment they were due, and events by the moment they were seen."""

    def __init__(self, port: int, tokens: list[str], body: str) -> None:
        self.port = port
        self.tokens = tokens
        self.requests = itertools.cycle([posting(port, "/api/jobs", t, body) for t in tokens])
        self.free: list[Connection] = []
        self._renewing: list[asyncio.Task[None]] = []
        self.due: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.accepted: list[float] = []

    def hear(self, event: dict[str, Any]) -> None:
        """Note when a job's end was seen."""
        if event["type"] == "job.succeeded":
            self.seen[event["subject"].removeprefix("job:")] = time.monotonic()

    async def open(self) -> None:
        """Connect callers and browsers."""
        for token in self.tokens:
            await joined(self.port, token, self.hear)
        self.free = await connected(self.port, CONNECTIONS)

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        """Submit whenever one is due, whether or not others are done; wait for all ends."""
        self.due, self.seen, self.accepted = {}, {}, []
        loop, chance = asyncio.get_running_loop(), random.Random(SEED)  # noqa: S311 - no secret
        begun, after, asked = time.monotonic() + 0.1, 0.0, 0
        while (after := after + chance.expovariate(rate)) < seconds:
            due = begun + after
            loop.call_at(loop.time() + due - time.monotonic(), self._submit, due)
            asked += 1
        async with asyncio.timeout(seconds + PATIENCE_SECONDS):
            while len(self.due) < asked or not self.due.keys() <= self.seen.keys():
                await asyncio.sleep(0.02)
        return {
            "seen": [self.seen[job] - due for job, due in self.due.items()],
            "accepted": self.accepted,
        }

    def _submit(self, due: float) -> None:
        if not self.free:  # all wait for their answers: so does this one
            asyncio.get_running_loop().call_later(0.001, self._submit, due)
            return
        connection = self.free.pop()
        if connection.lost:  # it was idle for longer than servers wait
            self._renewing.append(asyncio.create_task(self._renew(due)))
            return

        def answered(data: bytes) -> None:
            self.accepted.append(time.monotonic() - due)
            self.due[orjson.loads(check(data, ACCEPTED))["id"]] = due
            self.free.append(connection)

        connection.send(next(self.requests), answered)

    async def _renew(self, due: float) -> None:
        self.free += await connected(self.port, 1)
        self._submit(due)


async def live(
    port: int, tokens: list[str], body: str, warm: int, loads: list[tuple[float, float]]
) -> dict[str, Any]:
    """Return submit → 202 and submit → last event seen, under each (rate, seconds)."""
    people = Live(port, tokens, body)
    await people.open()
    await people.run(warm, 1.0)
    return {"loads": [await people.run(rate, seconds) for rate, seconds in loads]}


async def obey(line: str) -> dict[str, Any]:
    """Do one command."""
    order = json.loads(line)
    commands: dict[str, Any] = {"closed": closed, "pickup": pickup, "live": live}
    found: dict[str, Any] = await commands[order.pop("do")](**order)
    return found


def main() -> None:
    """Obey until stdin ends."""
    for line in sys.stdin:
        try:
            found = uvloop.run(obey(line))
        except (RuntimeError, TimeoutError) as error:
            found = {"error": repr(error)}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
