"""Real changes: users submit batches and single jobs, a worker runs them, some are cancelled."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.faults.customer import PAUSE_SECONDS, Customer
from tests.faults.realtime.crowd import User

LANES = 4
BATCH = 6
PATIENCE_SECONDS = 60.0


class Load:
    """Open it as an async context manager; ``run`` submits at a rate of jobs per second."""

    def __init__(self, users: Sequence[User], bases: Sequence[str], dice: random.Random) -> None:
        self._users = users
        self._bases = bases
        self._dice = dice
        self._parts = AsyncExitStack()
        self.customers: dict[str, Customer] = {}

    async def __aenter__(self) -> Self:
        client = await self._parts.enter_async_context(
            httpx2.AsyncClient(
                timeout=10, trust_env=False, limits=httpx2.Limits(max_connections=None)
            )
        )
        for user in self._users:
            customer = Customer(client, user.name, patience=PATIENCE_SECONDS, bases=self._bases)
            self.customers[user.name] = customer
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
        return sum(len(customer.accepted) for customer in self.customers.values())

    async def run(self, rate: float, until: float) -> None:
        """Submit until then."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(LANES):
                lanes.create_task(self._lane(LANES * BATCH / rate, until))

    async def _lane(self, pause: float, until: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + pause * self._dice.random()
        while due < until:
            await asyncio.sleep(max(due - loop.time(), 0))
            due = max(due, loop.time() - pause) + pause
            await self._submit(self._dice.choice(self._users))

    async def _submit(self, user: User) -> None:
        jobs = [job(self._dice) for _ in range(BATCH)]
        told = await self._asked(user, "POST", "/api/jobs/batch", json={"jobs": jobs})
        ids = [each["id"] for each in told["jobs"]]
        user.batches.append(told["batch_id"])
        user.jobs.extend(ids)
        self.customers[user.name].accepted.extend(ids)
        for ident, each in zip(ids, jobs, strict=True):
            if "delay" in each:
                await self._asked(user, "DELETE", f"/api/jobs/{ident}")

    async def _asked(self, user: User, method: str, path: str, **body: Any) -> Any:
        """Ask until there is an answer; the same key makes a repeat harmless."""
        headers = {"Authorization": f"Bearer {user.token}", "Idempotency-Key": str(uuid4())}
        customer = self.customers[user.name]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await customer.once(method, path, headers=headers, **body)) is None:
                await asyncio.sleep(PAUSE_SECONDS)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def job(dice: random.Random) -> dict[str, Any]:
    """Return a job: mostly short, some that fail once, some that are cancelled before they begin."""
    fate = dice.random()
    if fate < 0.05:
        return {"kind": "troubled", "args": {"how": "raise"}}
    if fate < 0.1:
        return {"kind": "noted", "args": {}, "delay": 3600}
    return {"kind": "noted", "args": {"seconds": 1.0 if fate < 0.13 else dice.uniform(0, 0.05)}}
