"""Google's push messages: believed by their token, counted once, and otherwise refused."""

from collections.abc import Mapping
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.push_channels import Channels
from jobs.settings import JobsSettings
from service.settings import ServiceSettings
from tests.service.agenda import add_calendar, run

CHANNEL = UUID("01a203fe-315d-7704-ba1e-0be741383f9e")
OPEN = "UPDATE calendars SET channel_id = $1, channel_resource = 'r', channel_message = 5"
JOBS = "SELECT count(*) FROM jobs WHERE kind = 'calendar_sync'"
KEY = "the key of this test, long enough for anything"


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return ServiceSettings(**{**service_settings.model_dump(), "secret_key": KEY})


@pytest.fixture
async def calendar(app: Starlette, database_url: str) -> str:
    """Give a calendar with a push channel of which five messages have come."""
    ident = await add_calendar(database_url, ("ann", "ann"))
    await run(database_url, OPEN, CHANNEL)
    return ident


def message(number: int = 6, /, **changed: str) -> dict[str, str]:
    """Return a message as Google sends it."""
    told = {
        "X-Goog-Channel-ID": str(CHANNEL),
        "X-Goog-Channel-Token": Channels(JobsSettings(secret_key=KEY)).token(CHANNEL),
        "X-Goog-Resource-ID": "r",
        "X-Goog-Resource-State": "exists",
        "X-Goog-Message-Number": str(number),
    }
    return {
        **told,
        **{f"X-Goog-{name.replace('_', '-')}": value for name, value in changed.items()},
    }


async def tell(client: httpx2.AsyncClient, headers: Mapping[str, str]) -> int:
    return (await client.post("/hooks/google/calendar", headers=headers)).status_code


async def test_a_message_makes_one_job_however_often_it_comes(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    answers = [await tell(client, message(number)) for number in (6, 6, 5, 4, 8, 7)]

    assert answers == [202, 200, 200, 200, 202, 200]
    assert await run(database_url, "SELECT channel_message FROM calendars") == 8
    assert await run(database_url, "SELECT touches FROM calendars") == 2
    assert await run(database_url, JOBS) == 1  # the second message finds the first one's job
    job = "SELECT user_id || ' ' || org_id || ' ' || (args ->> 'calendar_id') FROM jobs"
    assert await run(database_url, job) == f"ann ann {calendar}"


async def test_a_message_after_a_sync_has_ended_makes_another_job(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    await tell(client, message(6))
    await run(database_url, "UPDATE calendars SET round = round + 1")
    await tell(client, message(7))

    assert await run(database_url, JOBS) == 2


FORGED = (
    {"Channel_Token": "forged"},
    {"Channel_Token": ""},
    {"Channel_Token": "\u00e9"},
    {"Channel_ID": "01a203fe-315d-7704-ba1e-0be741383f9f"},
    {"Channel_ID": "x"},
    {"Channel_ID": ""},
)


async def test_a_forged_message_is_refused_whatever_it_says(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    for changed in FORGED:
        said = message(**changed).items()
        given = {name.encode(): value.encode("latin-1") for name, value in said}

        answer = await client.post("/hooks/google/calendar", headers=given)

        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), changed
    assert await run(database_url, "SELECT touches FROM calendars") == 0
    assert await run(database_url, JOBS) == 0


SENSELESS = (
    {"Message_Number": ""},
    {"Message_Number": "-1"},
    {"Message_Number": "6.0"},
    {"Message_Number": "9" * 19},
    {"Resource_State": ""},
    {"Resource_ID": "r" * 1_001},
)


async def test_a_message_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, calendar: str
) -> None:
    for changed in SENSELESS:
        assert await tell(client, message(**changed)) == 400, changed


async def test_the_first_message_only_says_that_the_channel_is_open(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    assert await tell(client, message(1, Resource_State="sync")) == 200
    assert await run(database_url, JOBS) == 0


async def test_another_resources_message_on_the_same_channel_changes_nothing(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    assert await tell(client, message(Resource_ID="another")) == 200
    assert await run(database_url, JOBS) == 0


async def test_a_channel_that_is_being_asked_for_is_heard_already(
    client: httpx2.AsyncClient, calendar: str, database_url: str
) -> None:
    sql = "UPDATE calendars SET channel_id = $1, channel_next = $2"
    await run(database_url, sql, uuid7(), CHANNEL)

    assert await tell(client, message(2)) == 202
    assert await run(database_url, "SELECT channel_message FROM calendars") == 5


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("channel_id = NULL", 404),
        ("left_at = now()", 404),
        ("paused = true", 200),
        ("broken_at = now()", 200),
    ],
    ids=["over", "left", "paused", "broken"],
)
async def test_a_calendar_that_rests_is_not_woken(
    client: httpx2.AsyncClient, calendar: str, database_url: str, how: str, status: int
) -> None:
    await run(database_url, f"UPDATE calendars SET {how}")  # noqa: S608 - our own words

    assert await tell(client, message()) == status
    assert await tell(client, message(1, Resource_State="sync")) == status
    assert await run(database_url, JOBS) == 0
