"""Many users who submit, and a browser for each: at a given rate, through every outage."""

import asyncio
import itertools
import random
import time
from collections import Counter
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx2

from service.client import mint_token
from tests.faults.chaos.pulse import Pulse
from tests.faults.chaos.stack import SECRET, Stack
from tests.faults.customer import Customer
from tests.faults.watcher import Watcher

LANES = 48
PATIENCE_SECONDS = 120.0
QUIET_SECONDS = 8.0
BATCH = 20
ALONE = 0.1
ENDINGS = {"job.succeeded", "job.failed", "job.cancelled"}


class Load:
    """Opens customers and watchers; ``run`` submits."""

    def __init__(self, stack: Stack, pulse: Pulse, users: int) -> None:
        self._stack = stack
        self._pulse = pulse
        self._users = users
        self._parts = AsyncExitStack()
        self.customers: list[Customer] = []
        self.watchers: list[Watcher] = []

    async def __aenter__(self) -> Self:
        for number in range(self._users):
            await self._open(f"user-{number}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._parts.aclose()

    @property
    def accepted(self) -> int:
        return sum(len(customer.accepted) for customer in self.customers)

    @property
    def unknown(self) -> int:
        """Return how many requests were cut off without an answer."""
        return sum(customer.unknown for customer in self.customers)

    @property
    def statuses(self) -> Counter[int]:
        return sum((customer.statuses for customer in self.customers), Counter())

    @property
    def longest_wait_seconds(self) -> float:
        """Return the longest time from asking for a job to its ending on a page."""
        return max(self._pulse.worst_seconds, self._pulse.oldest_seconds)

    async def run(self, rate: float, seconds: float) -> None:
        """Submit at ``rate`` until the time is over and every submission has its answer."""
        until = time.monotonic() + seconds
        turns = itertools.cycle(self.customers)
        async with asyncio.TaskGroup() as lanes:
            for lane in range(LANES):
                lanes.create_task(self._lane(turns, LANES * BATCH / rate, until, lane))

    async def _lane(self, turns: Any, pause: float, until: float, number: int) -> None:
        dice = random.Random(number)  # noqa: S311 - a story that can be told again
        due = time.monotonic() + pause * dice.random()
        while (now := time.monotonic()) < until:
            if now < due:
                await asyncio.sleep(due - now)
            due = max(due, now - pause) + pause
            await self._submit(next(turns), dice)

    async def _submit(self, customer: Customer, dice: random.Random) -> None:
        asked = time.monotonic()
        jobs = [job(dice) for _ in range(BATCH)]
        if dice.random() < ALONE:
            for body in jobs:
                self._promised(await customer.order("POST", "/api/jobs", json=body), asked)
        else:
            body = {"jobs": jobs}
            self._promised(await customer.order("POST", "/api/jobs/batch", json=body), asked)

    def _promised(self, ids: list[UUID], asked: float) -> None:
        for ident in ids:
            self._pulse.accepted(ident, asked)

    async def _open(self, user: str) -> None:
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user=user)}"}
        client = await self._parts.enter_async_context(
            httpx2.AsyncClient(
                headers=headers, timeout=10, trust_env=False,
                limits=httpx2.Limits(max_connections=None),
            )
        )  # fmt: skip
        bases = self._stack.bases if len(self.customers) % 2 else self._stack.bases[::-1]
        self.customers.append(Customer(client, user, patience=PATIENCE_SECONDS, bases=bases))
        watcher = Watcher(client, user, bases, quiet_seconds=QUIET_SECONDS, on_event=self._heard)
        self.watchers.append(await self._parts.enter_async_context(watcher))

    def _heard(self, ident: UUID, kind: str) -> None:
        if kind in ENDINGS:
            self._pulse.ended(ident)


def job(dice: random.Random) -> dict[str, Any]:
    """Return a job: mostly short, now and then a second long, now and then one that fails once."""
    fate = dice.random()
    if fate < 0.02:
        return {"kind": "troubled", "args": {"how": "raise"}}
    seconds = 1.0 if fate < 0.03 else dice.uniform(0, 0.05)
    return {"kind": "noted", "args": {"seconds": seconds}}
