"""Calendars end to end: a real server that Google's messages reach, real workers, one of them killed."""

import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from service.dev.sandbox.google import Google
from service.server import Server
from service.settings import ServiceSettings
from tests.e2e.program import ROOT, Program, started
from tests.jobs.conftest import working
from tests.service.agenda import HOUR, NOON
from tests.service.conftest import Headers, url

KEY = "the key of this test, long enough for anything"
THERE = "/google/calendar/v3/calendars/primary/events"
BEARER = {"Authorization": "Bearer sandbox-token"}
CONNECTION = {
    "provider": "google",
    "name": "Ours",
    "credentials": {"access_token": "sandbox-token"},
}
PATIENCE_SECONDS = 30


@pytest.fixture
def service_settings(service_settings: ServiceSettings, sandbox: Sandbox) -> ServiceSettings:
    ours = {"secret_key": KEY, "google_base_url": f"{sandbox.url}/google", "lease_seconds": 1.0}
    return ServiceSettings(**{**service_settings.model_dump(), **ours})


@pytest.fixture
def listening(service_settings: ServiceSettings, server: Server) -> ServiceSettings:
    """Give a worker's settings, under which Google tells the server of changes."""
    return service_settings.model_copy(update={"public_url": url(server)})


def times(number: int) -> tuple[str, str]:
    begin = NOON + number * HOUR
    return begin.isoformat(), (begin + timedelta(minutes=30)).isoformat()


class Planner:
    """A user who keeps a calendar here."""

    def __init__(self, browser: httpx2.AsyncClient, who: Headers) -> None:
        self._browser = browser
        self._who = who
        self.here = ""

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._browser.request(method, path, json=body, headers=self._who)
        assert answer.is_success, answer.text
        return answer.json()

    async def take_up(self) -> None:
        connection = await self.ask("POST", "/api/connections", CONNECTION)
        asked = {"connection_id": connection["id"]}
        self.here = (await self.ask("POST", "/api/calendars", asked))["links"]["self"]
        await self.sees(self.here, lambda calendar: calendar["synced_at"])

    async def add(self, title: str, number: int) -> None:
        begin, end = times(number)
        event = {"title": title, "starts_at": begin, "ends_at": end}
        await self.ask("POST", f"{self.here}/events", event)

    async def titles(self) -> list[str]:
        return [e["title"] for e in (await self.ask("GET", f"{self.here}/events"))["data"]]

    async def sees(self, path: str, wanted: Callable[[Any], object]) -> Any:
        """Wait until an answer is as wanted, and return it."""
        seen = None

        async def look() -> bool:
            nonlocal seen
            seen = await self.ask("GET", path)
            return bool(wanted(seen))

        await becomes_true(look, PATIENCE_SECONDS)
        return seen

    async def is_in_step(self, *titles: str) -> None:
        """Wait until the events are these, and all of them told."""

        def same(page: Any) -> bool:
            told = [(event["title"], event["in_step"]) for event in page["data"]]
            return told == [(title, True) for title in titles]

        await self.sees(f"{self.here}/events", same)

    async def jobs(self) -> list[Any]:
        """Return the jobs, when all of them are over."""
        page = await self.sees(
            "/api/jobs", lambda page: all(job["finished_at"] for job in page["data"])
        )
        return page["data"]


@pytest.fixture
def planner(browser: httpx2.AsyncClient, ann: Headers) -> Planner:
    return Planner(browser, ann)


async def put_there(sandbox: Sandbox, title: str, number: int) -> None:
    """Add an event there, as another device does: its calendar's channels are told."""
    begin, end = times(number)
    event = {"summary": title, "start": {"dateTime": begin}, "end": {"dateTime": end}}
    async with httpx2.AsyncClient(base_url=sandbox.url, headers=BEARER) as elsewhere:
        (await elsewhere.post(THERE, json=event)).raise_for_status()


def there(sandbox: Sandbox) -> list[str]:
    return sorted(event.body["summary"] for event in sandbox.peer(Google).primary().events.values())


async def test_a_change_on_either_side_comes_to_the_other_by_itself_and_is_no_news_there(
    planner: Planner, listening: ServiceSettings, sandbox: Sandbox
) -> None:
    async with working(listening):
        await planner.take_up()
        await put_there(sandbox, "From there", 0)
        await planner.is_in_step("From there")
        await planner.add("From here", 1)
        await planner.is_in_step("From there", "From here")
        jobs = await planner.jobs()
        conflicts = await planner.ask("GET", f"{planner.here}/conflicts")

    assert there(sandbox) == ["From here", "From there"]
    assert {job["state"] for job in jobs} == {"succeeded"}
    assert sum(job["result"]["pushed"] for job in jobs) == 1
    assert sum(job["result"]["pulled"] for job in jobs) == 1
    assert conflicts["data"] == []
    sent = sandbox.peer(Google).channels.sent
    assert {(state, status) for _, state, _, status in sent} <= {
        ("sync", 200),
        ("exists", 202),
        ("exists", 200),
    }
    writes = [call["method"] for call in sandbox.calls("google", THERE.removeprefix("/google"))]
    assert writes.count("POST") == 3  # the channel, and one event by each side


@asynccontextmanager
async def worker_process(settings: ServiceSettings) -> AsyncIterator[Program]:
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": KEY,
        "GOOGLE_BASE_URL": settings.google_base_url,
        "LEASE_SECONDS": "1",
    }
    command = (sys.executable, "-m", "service", "worker")
    async with started(*command, cwd=ROOT, environment=environment) as program:
        await program.says("worker.started")
        program.keep_listening()
        yield program


async def test_a_worker_killed_while_it_tells_an_event_leaves_one_event(
    planner: Planner, service_settings: ServiceSettings, sandbox: Sandbox
) -> None:
    async def asked() -> bool:
        return any(call["method"] == "POST" for call in sandbox.calls("google"))

    async with worker_process(service_settings) as program:
        await planner.take_up()
        sandbox.switch("google", delay_seconds=1.0, path=THERE.removeprefix("/google"))
        await planner.add("Once", 0)
        await becomes_true(asked, PATIENCE_SECONDS)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()
    sandbox.clear("google")
    async with worker_process(service_settings):
        await planner.is_in_step("Once")
        jobs = await planner.jobs()

    assert there(sandbox) == ["Once"]
    told = next(job for job in jobs if "event" in job["metadata"])
    outcomes = [attempt["outcome"] for attempt in told["attempts"]]
    assert (told["state"], outcomes) == ("succeeded", ["lost", "succeeded"])
    assert told["result"]["conflicts"] == 0
