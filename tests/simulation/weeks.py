"""A simulation as a whole: people and worker processes, gone through some windows, each of them judged."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from jobs.settings import JobsSettings
from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK, free_port
from service.dev.postgres_server import PostgresServer
from service.dev.sandbox.google import Google
from service.dev.sandbox.mail import Letters
from service.dev.sandbox.server import Sandbox, open_sandbox
from service.dev.sandbox.told import settings_at
from service.dev.sandbox.twilio import Twilio
from tests.faults.chaos.stack import START_SECONDS, Post, answers
from tests.simulation.agendas import Agendas
from tests.simulation.clock import database_with_a_clock
from tests.simulation.crew import Crew, crew_of, ended
from tests.simulation.judge import faults
from tests.simulation.ledger import Ledger, Sent
from tests.simulation.life import Life
from tests.simulation.oracle import Window
from tests.simulation.people import people

SECRET = "the simulation's own secret, 32 bytes or more"
A_SECOND = timedelta(seconds=1)
"""Ticks of a moment are found from then on, not before."""
SETTLING = timedelta(minutes=10)
"""How long before the first step people begin to settle: no tick comes in between."""
STILL = 3
"""At so many steps at the end of a window nobody changes a calendar any more."""


def window(begin: str, end: str) -> Window:
    """Return a window from one day to another, in UTC."""
    first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (begin, end))
    return Window(first, last)


SPRING = (
    window("2026-03-07", "2026-03-09"),  # North America, Cuba
    window(
        "2026-03-27T12:00", "2026-04-06"
    ),  # Europe, Lebanon; back in the south: Lord Howe, Chile
)
AUTUMN = (
    window("2026-10-03", "2026-10-05"),  # Australia, Lord Howe
    window("2026-10-24", "2026-11-02T12:00"),  # Europe, Lebanon; North America, Cuba
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. ``kills`` is how likely a worker dies at a step.

    With ``web`` there is a front door, and Twilio and Google call back.
    """

    users: int
    zones: int
    windows: Sequence[Window]
    workers: int = 2
    kills: float = 0.02
    seed: int = 7
    web: bool = True


@dataclass
class Report:
    """What came of a window."""

    ledger: Ledger
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        seen, window = self.ledger, self.ledger.window
        return (
            f"{window.begin:%Y-%m-%d} to {window.end:%Y-%m-%d}: {len(seen.briefs)} briefs, "
            f"{len(seen.mails)} mails, {len(seen.texts)} texts, {seen.kills} workers killed, "
            f"{len(self.faults)} faults"
        )


@asynccontextmanager
async def simulation(
    plan: Plan, postgres: PostgresServer, redis_url: str, folder: Path
) -> AsyncIterator["Simulation"]:
    """Open everything: a database with a clock of its own, everybody outside, workers."""
    async with AsyncExitStack() as stack:
        begin = plan.windows[0].begin - SETTLING
        clock = await database_with_a_clock(postgres, "simulation", begin)
        sandbox = stack.enter_context(open_sandbox())
        told = environment(clock.url, redis_url, sandbox) | (front_door() if plan.web else {})
        given: dict[str, Any] = {name.lower(): value for name, value in told.items()}
        settings = JobsSettings(**given)
        crew = await stack.enter_async_context(crew_of(clock, settings, folder, plan.workers, told))
        if plan.web:
            await stack.enter_async_context(served(folder, told))
        google = f"{sandbox.url}/google"
        client = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=google, trust_env=False)
        )
        yield Simulation(plan, crew, sandbox, client)


@asynccontextmanager
async def served(folder: Path, told: Mapping[str, str]) -> AsyncIterator[None]:
    """Run the front door, at which Twilio and Google call back."""
    post = Post("web", "web", os.environ | dict(told), folder / "web.log")
    keeping = asyncio.create_task(post.keep())
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            await becomes_true(lambda: answers(client, told["PUBLIC_URL"]), START_SECONDS)
        yield
    finally:
        await ended(post, keeping)


def front_door() -> dict[str, str]:
    """Return what is told of the front door, at a free port."""
    port = free_port()
    told = {"HOST": LOOPBACK, "PORT": str(port), "JWT_SECRET": SECRET}
    return told | {"PUBLIC_URL": f"http://{LOOPBACK}:{port}"}


def environment(database_url: str, redis_url: str, sandbox: Sandbox) -> dict[str, str]:
    """Return what every process is told: everybody outside is played, and nobody but people is trusted."""
    return settings_at(sandbox.url, {"LLM_MODEL": "none"}, sandbox.smtp_url) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": SECRET,
        "PROCESSORS": "tests.simulation.noise",
        "LEASE_SECONDS": "2",
        "RELAY_SECONDS": "0.2",
        "JOB_RETENTION": "400d",
        "MAIL_ALLOW": "",
        "SMS_ALLOW": "",
        "WEB_ALLOW_PRIVATE": sandbox.host,
        "STORAGE_URL": "file:///nonexistent",
        "LOG_LEVEL": "WARNING",
    }


class Simulation:
    """Everybody, at some moment."""

    def __init__(
        self, plan: Plan, crew: Crew, sandbox: Sandbox, client: httpx2.AsyncClient
    ) -> None:
        self._plan = plan
        self._crew = crew
        self._letters = sandbox.peer(Letters)
        self._twilio = sandbox.peer(Twilio)
        google = sandbox.peer(Google)
        self._twilio.texts.clock = crew.clock.shown
        self._twilio.policy = self._twilio.policy.model_copy(update={"step_seconds": 0.0})
        google.clock = lambda: crew.clock.shown().timestamp()
        self._agendas = Agendas(crew.resources, google, client, plan.seed)
        self._people = list(people(plan.users, plan.zones, plan.seed))
        self._life = Life(crew.resources, self._people, self._agendas)
        self._before: Counter[tuple[str, str]] = Counter()
        self._mails = self._texts = 0

    async def run(self) -> AsyncIterator[Report]:
        """Go through the windows; yield what came of each."""
        await self._life.settle(self._plan.windows[0].begin.date())
        for number, window in enumerate(self._plan.windows):
            yield await self._through(window, self._plan.seed + number)

    async def _through(self, window: Window, seed: int) -> Report:
        ledger = Ledger(window, before=Counter(self._before))
        died = self._crew.killed
        begin, end = window.begin + A_SECOND, window.end + A_SECOND
        quiet = window.end - STILL * window.step
        async for moment in self._crew.steps(begin, end, window.step, self._plan.kills, seed):
            self._note(ledger, moment)
            await self._life.go_on(moment, calendars=moment < quiet)
        await self._crew.done()
        ledger.kills = self._crew.killed - died
        await ledger.read(self._crew.resources.db)
        self._before.update(brief.owner for brief in ledger.briefs)
        wrong = [*faults(self._people, ledger), *await self._agendas.faults(window.begin)]
        return Report(ledger, wrong)

    def _note(self, ledger: Ledger, moment: datetime) -> None:
        """Note what has come out by now."""
        came = [mail for mail in self._letters.received if mail.id > self._mails]
        ledger.mails += [
            Sent(mail.recipients[0], str(mail.message["message-id"]), moment) for mail in came
        ]
        self._mails += len(came)
        texts = self._twilio.texts.taken[self._texts :]
        ledger.texts += [Sent(text.to, text.sid, text.at) for text in texts]
        self._texts += len(texts)
