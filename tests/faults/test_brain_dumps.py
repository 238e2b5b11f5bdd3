"""A worker that is killed three times over one brain dump: read once, asked the same, carried out once."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from tests.faults.customer import Customer
from tests.faults.site import Site
from tests.jobs.providers.language import llm_settings, model_of

TEXT = "Project: Garden\nDig the beds\nmove Buy paint to 2026-12-08"
BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'jobcast-sessions'
"""


@pytest.fixture
def taught(up: Site, sandbox: Sandbox) -> Site:
    """Give a site whose jobs may lose more workers than usual, with a model that stalls once."""
    model_of(sandbox, "stall")
    told = {name: str(value) for name, value in llm_settings(sandbox).items()}
    up.chosen |= {**told, "max_crashes": "9"}
    return up


@dataclass(frozen=True)
class Reader:
    """The owner of one job, who looks at it."""

    customer: Customer
    job: str

    async def read(self, path: str) -> Any:
        return (await self.customer.client.get(path)).json()

    async def look(self) -> Any:
        return await self.read(f"/api/jobs/{self.job}")

    async def half_read(self) -> bool:
        progress = (await self.look())["progress"] or {}
        return "known" in progress.get("message", "")

    async def asked(self, attempt: int) -> Any:
        """Wait until that attempt asks; return what."""

        async def asks() -> bool:
            seen = await self.look()
            return seen["attempt"] == attempt and seen["awaiting"] is not None

        await becomes_true(asks, 20)
        return (await self.look())["awaiting"]["schema"]

    async def confirm(self) -> None:
        await self.customer.client.post(f"/api/jobs/{self.job}/input", json={})


@asynccontextmanager
async def held_up(url: str) -> AsyncIterator[None]:
    """Hold the tasks, so that whoever changes them stands still."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM tasks FOR UPDATE")
            yield
    finally:
        await connection.close()


async def waits_for_tasks(url: str) -> None:
    """Wait until a worker stands still in the middle of its transaction."""
    connection = await asyncpg.connect(url)
    try:

        async def blocked() -> bool:
            return bool(await connection.fetchval(BLOCKED))

        await becomes_true(blocked, 20)
    finally:
        await connection.close()


async def test_killed_while_it_is_read_confirmed_and_carried_out_it_is_done_once(
    taught: Site, sandbox: Sandbox
) -> None:
    url = taught.chosen["database_url"]
    await taught.web_here()
    customer, watcher = await taught.visitors()
    await customer.client.post("/api/tasks", json={"title": "Buy paint"})
    victim = await taught.worker()
    job = await customer.submit("brain_dump_processing", text=TEXT)
    owner = Reader(customer, str(job))

    await becomes_true(owner.half_read, 20)
    victim.signal(signal.SIGKILL)
    victim = await taught.worker()
    first = await owner.asked(2)
    victim.signal(signal.SIGKILL)
    victim = await taught.worker()
    second = await owner.asked(3)
    async with held_up(url):
        await owner.confirm()
        await waits_for_tasks(url)
        victim.signal(signal.SIGKILL)
        await victim.ends()
    await taught.worker_here()
    await watcher.sees(job, "job.succeeded", 30)

    over, tasks = await owner.look(), (await owner.read("/api/tasks"))["data"]
    assert first == second
    assert len(sandbox.calls("llm")) == 3  # the answer that stalled is asked for once more
    assert [attempt["outcome"] for attempt in over["attempts"]] == ["lost"] * 3 + ["succeeded"]
    assert [one["outcome"] for one in over["result"]["operations"]] == ["done"] * 3
    assert len((await owner.read("/api/projects"))["data"]) == 1
    assert sorted((task["title"], task["version"]) for task in tasks) == [
        ("Buy paint", 2),
        ("Dig the beds", 1),
    ]
