"""Natural batching: flush at once when idle, gather only while a flush is in flight.

Nobody waits for a timer, yet under load many callers share one statement and one commit. "At once" is
the end of the event loop's turn: what comes in the same turn goes together, even when idle.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from jobs.errors import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """Turns ``flush(items) -> answers`` (same order) into ``await add(item) -> answer``.

    At most ``lanes`` flushes run side by side with at most ``most`` items each. An item that makes a
    batch fail with a ``spoiled`` error is found by flushing one by one; other errors go to all.
    ``flushes`` and ``carried`` count flushes and what they carried, since the start.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        most: int = 200,
        lanes: int = 2,
        waiting: int = 5_000,
        spoiled: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._flush = flush
        self._most = most
        self._most_waiting = waiting
        self._lanes = lanes
        self._spoiled = spoiled
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._flushing: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Handle | None = None
        self._nobodys = Context()  # a flush is for all of them: what it logs is not the first one's
        self.flushes = self.carried = 0

    @property
    def waiting(self) -> int:
        """Return how many wait for a flush to carry them."""
        return len(self._waiting)

    async def add(self, item: Item) -> Answer:
        """Wait for the flush that carries ``item``; raises what the flush raised.

        Raises Unavailable at once when too many wait already.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Unavailable("Too many requests wait for the database.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, future))
        if self._starting is None and len(self._flushing) < self._lanes:
            self._starting = loop.call_soon(self._start, context=self._nobodys)
        return await future

    async def drain(self) -> None:
        """Wait until everything added so far is flushed."""
        while self._flushing or self._waiting:
            self._start()
            await asyncio.wait(self._flushing)

    def _start(self) -> None:
        self._starting = None
        while self._waiting and len(self._flushing) < self._lanes:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self.flushes += 1
            self.carried += len(batch)
            task = asyncio.create_task(self._run(batch))
            self._flushing.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._flushing.discard(task)
        self._start()

    async def _run(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._flush([item for item, _ in batch])
        except self._spoiled as error:
            await self._one_by_one(batch, error)
        except BaseException as error:
            for _, future in batch:
                refuse(future, error)
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _one_by_one(
        self, batch: list[tuple[Item, asyncio.Future[Answer]]], error: BaseException
    ) -> None:
        if len(batch) == 1:
            refuse(batch[0][1], error)
            return
        for entry in batch:
            await self._run([entry])


def refuse(future: "asyncio.Future[Answer]", error: BaseException) -> None:
    """Hand ``error`` to a waiter that is still there."""
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
