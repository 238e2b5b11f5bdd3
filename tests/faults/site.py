"""Everything up for a scenario: a web process here or on its own, workers here or on their own."""

import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from jobs.worker import Worker
from service.client import mint_token
from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.server import server_of
from service.settings import ServiceSettings
from tests.faults.customer import Customer
from tests.faults.journal import VARIABLE, Journal
from tests.faults.judge import Verdict, judge
from tests.faults.process import Plan, Started, begin
from tests.faults.steps import Fault
from tests.faults.watcher import Watcher
from tests.jobs.conftest import working
from tests.service.conftest import serving, url

SECRET = "a secret of these tests alone, 32 bytes and more"
LISTED = "SELECT count(*) FROM workers WHERE name LIKE '%:' || $1"
LEASED = f"{LISTED} AND lease_until > now()"


@dataclass
class Site:
    """What is up. Everything started by it ends with it."""

    chosen: dict[str, str]
    folder: Path
    parts: AsyncExitStack
    base: str = ""
    twin: str = ""
    patience: float = 15
    customers: list[Customer] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)

    @property
    def gate(self) -> Path:
        """What a gated job waits for."""
        return self.folder / "gate"

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal")

    def settings(self, **other: str) -> ServiceSettings:
        return ServiceSettings(**{**self.chosen, **other})  # type: ignore[arg-type]  # as in an environment

    def environment(self, **other: str) -> dict[str, str]:
        """Return the same settings as a process of its own reads them."""
        named = {name.upper(): value for name, value in {**self.chosen, **other}.items()}
        return {**named, VARIABLE: str(self.journal.path), "PATH": "/usr/bin:/bin"}

    async def web_here(self) -> None:
        """Serve from this process."""
        server = server_of(self.settings())
        await self.parts.enter_async_context(serving(server))
        self.base = url(server)

    async def web(self, *faults: Fault, port: int = 0, **plan: Any) -> Started:
        """Serve from a process of its own; again on the same port when it is named."""
        port = port or free_port()
        self.base = f"http://{LOOPBACK}:{port}"
        started = self._begin("web", faults, {"port": str(port)}, plan)
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(lambda: answers(client, f"{self.base}/healthz", started), 30)
        return started

    async def worker_here(self, **other: str) -> Worker:
        """Work in this process."""
        return await self.parts.enter_async_context(working(self.settings(**other)))

    async def worker(self, *faults: Fault, **plan: Any) -> Started:
        """Work in a process of its own; returns when it holds a lease."""
        started = self._begin("worker", faults, {}, plan)
        connection = await asyncpg.connect(self.chosen["database_url"])
        try:
            await becomes_true(lambda: leased(connection, started), 30)
        finally:
            await connection.close()
        return started

    async def lapsed(self, started: Started) -> None:
        """Wait until a worker's lease is not only overdue but taken off the list."""
        connection = await asyncpg.connect(self.chosen["database_url"])
        try:
            await becomes_true(lambda: unlisted(connection, started), 30)
        finally:
            await connection.close()

    async def beaten(self, worker: Worker, times: int) -> None:
        """Wait until a worker of this process has renewed its lease so often."""
        for _ in range(times):
            last = worker.lease._renewed_at
            await becomes_true(lambda last=last: renewed(worker, last), 10)  # type: ignore[misc]

    async def customer(self, user: str = "ann", base: str = "") -> Customer:
        headers = {"Authorization": f"Bearer {mint_token(SECRET, user=user)}"}
        limits = httpx2.Limits(max_connections=None)
        client = await self.parts.enter_async_context(
            httpx2.AsyncClient(
                base_url=base or self.base, headers=headers, timeout=10, limits=limits,
                trust_env=False,
            )
        )  # fmt: skip
        self.customers.append(Customer(client, user))
        return self.customers[-1]

    async def watcher(self, customer: Customer) -> Watcher:
        """Let the customer's browser look at this site."""
        watcher = Watcher(customer.client, customer.user, [self.base])
        self.watchers.append(await self.parts.enter_async_context(watcher))
        return self.watchers[-1]

    async def gated(self, customer: Customer, kind: str = "gated") -> UUID:
        """Submit a job that runs until the gate is there."""
        return await customer.submit(kind, gate=str(self.gate))

    async def visitors(self) -> tuple[Customer, Watcher]:
        """Return a customer and the browser they look with."""
        customer = await self.customer()
        return customer, await self.watcher(customer)

    async def close(self) -> None:
        """End everything now, because something it stands on is about to go."""
        await self.parts.aclose()

    async def kept(self) -> Verdict:
        """Assert that every promise was kept, once all is quiet."""
        verdict = await judge(
            self.chosen["database_url"],
            self.customers,
            self.watchers,
            self.journal,
            seconds=self.patience,
        )
        verdict.assert_kept()
        return verdict

    def _begin(
        self, role: str, faults: tuple[Fault, ...], other: dict[str, str], plan: dict[str, Any]
    ) -> Started:
        log = self.folder / f"{role}-{len(self.started)}.log"
        environment = self.environment(**other, **plan.pop("settings", {}))
        started = begin(Plan(role, environment, faults, twin=self.twin, **plan), log)
        self.started.append(started)
        return started


async def answers(client: httpx2.AsyncClient, address: str, started: Started) -> bool:
    assert started.running, started.said()
    try:
        return (await client.get(address)).is_success
    except httpx2.TransportError:
        return False


async def leased(connection: "asyncpg.Connection[Any]", started: Started) -> bool:
    assert started.running, started.said()
    return bool(await connection.fetchval(LEASED, str(started.pid)))


async def renewed(worker: Worker, last: float) -> bool:
    return worker.lease._renewed_at > last


async def unlisted(connection: "asyncpg.Connection[Any]", started: Started) -> bool:
    return not await connection.fetchval(LISTED, str(started.pid))


@asynccontextmanager
async def site(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Site]:
    """Open a site with nothing started yet: short leases, fast sweeps and checks."""
    chosen = {
        "database_url": database_url,
        "redis_url": redis_url,
        "jwt_secret": SECRET,
        "secret_key": SECRET,
        "storage_url": f"file://{folder}/uploads",
        "processors": "tests.faults.kinds",
        "lease_seconds": "1",
        "relay_seconds": "0.2",
        "position_check_seconds": "0.3",
        "heartbeat_seconds": "1",
        "redis_timeout_seconds": "0.3",
        "database_timeout_seconds": "1.5",
        "worker_grace_seconds": "6",
        "drain_seconds": "0",
        "port": "0",
    }
    async with AsyncExitStack() as parts:
        opened = Site(chosen, folder, parts)
        parts.callback(end_all, opened)
        yield opened


def end_all(opened: Site) -> None:
    """End every process that is left, stopped ones too."""
    for started in opened.started:
        started.signal(signal.SIGKILL)
        started.process.join()
        started.process.close()
