"""docs/calendars.md: its curl lines are run as they stand, its routes, codes and settings exist."""

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.calendars.resource import CalendarStatus
from jobs.calendars.wanted import AHEAD, BACK
from jobs.syncing import pull
from service.dev.sandbox import Sandbox
from service.dev.sandbox.google import Google
from service.routes import TABLE
from service.settings import ServiceSettings
from tests.service.agenda import HOUR, NOON
from tests.service.conftest import Headers
from tests.service.test_feeds_guide import outside, request_of
from tests.service.work import at_work

__all__ = ["outside"]

GUIDE = (Path(__file__).parents[2] / "docs" / "calendars.md").read_text()
ROUTE = re.compile(r"`(GET|POST|PATCH|DELETE) (/api/calendars[^?` ]*)")
LINES = [
    line for line in re.sub(r"\\\n\s*", "", GUIDE).splitlines() if line.startswith("    curl ")
]


@pytest.fixture
def service_settings(service_settings: ServiceSettings, sandbox: Sandbox) -> ServiceSettings:
    return service_settings.model_copy(update={"google_base_url": f"{sandbox.url}/google"})


async def test_the_guides_lines_do_what_they_say(
    app: Starlette,
    client: httpx2.AsyncClient,
    outside: httpx2.AsyncClient,
    sandbox: Sandbox,
    ann: Headers,
) -> None:
    days = {"DAY": NOON.date().isoformat(), "NEXT": (NOON + 24 * HOUR).date().isoformat()}
    known = {"TOKEN": ann["Authorization"].removeprefix("Bearer "), "SANDBOX": sandbox.url}
    connect, take_up, here, there, look, forget, sync = [
        line.replace("DAY", days["DAY"]).replace("NEXT", days["NEXT"]) for line in LINES
    ]

    async def done(line: str, caller: httpx2.AsyncClient = client) -> httpx2.Response:
        answer = await caller.send(request_of(line, **known))
        assert answer.is_success, answer.text
        return answer

    async with at_work(app):
        known["01a1…"] = (await done(connect)).json()["id"]
        known["01a2…"] = (await done(take_up)).json()["id"]
        await done(here)
        await done(there, outside)
        await done(sync)
        listed: list[Any] = (await done(look)).json()["data"]
        await done(forget, outside)
        assert "job.succeeded" in (await done(sync)).text

    assert sorted(event["title"] for event in listed) == ["Dentist", "Lunch"]
    events = sandbox.peer(Google).primary().events.values()
    assert sorted(event.body["summary"] for event in events) == ["Dentist", "Lunch"]
    assert 410 in [call["status"] for call in sandbox.calls("google")]


def test_the_guides_routes_are_all_there_are() -> None:
    ours = {(method, path) for method, path, _ in TABLE if path.startswith("/api/calendars")}

    assert set(ROUTE.findall(GUIDE)) == ours
    assert ("POST", "/hooks/google/calendar") in {(method, path) for method, path, _ in TABLE}


def test_the_guide_tells_statuses_limits_and_settings_as_they_are() -> None:
    settings = ServiceSettings.model_fields

    told = re.findall(r"^\| `(\w+)` \| (?:it|its|the last) ", GUIDE, re.MULTILINE)

    assert set(told) == set(CalendarStatus)
    assert f"`MAX_CALENDARS` ({settings['max_calendars'].default})" in GUIDE
    assert f"`MAX_CALENDAR_EVENTS` ({settings['max_calendar_events'].default:,})" in GUIDE
    assert f"`GOOGLE_BASE_URL` (`{settings['google_base_url'].default}`)" in GUIDE
    assert (BACK.days, AHEAD.days, pull.BACK.days, pull.AHEAD.days) == (31, 365, 31, 400)
    assert f"{pull.AHEAD.days} days ahead" in GUIDE
