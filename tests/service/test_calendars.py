"""Calendars over HTTP: taken up once, paused, left; their events kept and told by one job for all."""

from typing import Any

import httpx2
import pytest

from service.settings import ServiceSettings
from tests.service.agenda import (
    CONNECTED,
    EVENT_ID,
    HOUR,
    NOON,
    add_calendar,
    add_connection,
    run,
)
from tests.service.conftest import As, Headers

TIMES = {"starts_at": NOON.isoformat(), "ends_at": (NOON + HOUR).isoformat()}
LUNCH = {"title": "Lunch", "location": "Kitchen", **TIMES}
JOBS = "SELECT array_agg(metadata ORDER BY id) FROM jobs WHERE kind = 'calendar_sync'"
COLUMN = "SELECT {} FROM calendar_events WHERE id = $1"


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    limits = {"max_calendars": 2, "max_calendar_events": 3}
    return service_settings.model_copy(update=limits)


async def take_up(client: httpx2.AsyncClient, who: Headers, **more: Any) -> httpx2.Response:
    return await client.post(
        "/api/calendars", json={"connection_id": CONNECTED, **more}, headers=who
    )


async def test_a_calendar_is_taken_up_and_read_by_a_job(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    await add_connection(database_url, ("ann", "ann"))

    answer = await take_up(client, ann, name="Mine")
    again = await take_up(client, ann, name="x")

    made = answer.json()
    assert (answer.status_code, again.status_code) == (201, 200)
    assert again.json() == made
    assert answer.headers["location"] == f"/api/calendars/{made['id']}"
    assert (made["remote_id"], made["name"], made["status"]) == ("primary", "Mine", "active")
    assert (made["synced_at"], made["pushed_until"]) == (None, None)
    jobs = (await client.get("/api/jobs?kind=calendar_sync", headers=ann)).json()["data"]
    assert [(job["args"], job["unique_key"]) for job in jobs] == [
        ({"calendar_id": made["id"]}, f"calendar:{made['id']}:0")
    ]
    listed = (await client.get("/api/calendars", headers=ann)).json()
    assert (listed["data"], listed["has_more"]) == ([made], False)


async def test_nobody_takes_up_what_is_not_theirs_or_too_much(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, database_url: str
) -> None:
    await add_connection(database_url, ("ann", "ann"))

    foreign = await take_up(client, as_user("bob", org="ann"))
    made = [await take_up(client, ann, remote_id=str(number)) for number in range(3)]

    assert (foreign.status_code, foreign.json()["code"]) == (422, "invalid_calendar")
    assert foreign.json()["errors"][0]["pointer"] == "/connection_id"
    assert [answer.status_code for answer in made] == [201, 201, 409]
    assert made[2].json()["code"] == "calendar_full"


async def test_a_calendar_that_was_left_is_gone_and_can_be_taken_up_again(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))

    left = await client.delete(f"/api/calendars/{ident}", headers=ann)
    gone = await client.get(f"/api/calendars/{ident}", headers=ann)
    listed = await client.get("/api/calendars", headers=ann)
    events = await run(database_url, "SELECT count(*) FROM calendar_events")
    again = await take_up(client, ann, name="Again")

    assert (left.status_code, gone.status_code, listed.json()["data"]) == (204, 404, [])
    assert events == 0
    assert (again.status_code, again.json()["name"]) == (201, "Again")
    assert await run(database_url, JOBS) == ['{"event": "left"}']


async def test_to_go_on_is_to_ask_again(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    here = f"/api/calendars/{ident}"
    await run(
        database_url,
        "UPDATE calendars SET broken_at = now(), failures = 3, error_code = 'x', failing_since = now()",
    )
    broken = (await client.get(here, headers=ann)).json()

    paused = (await client.patch(here, json={"paused": True}, headers=ann)).json()
    going = (await client.patch(here, json={"paused": False, "name": "Ours"}, headers=ann)).json()

    assert (broken["status"], broken["next_at"], broken["last_error"]["code"]) == (
        "broken",
        None,
        "x",
    )
    assert (paused["status"], paused["next_at"]) == ("paused", None)
    assert (going["status"], going["failures"], going["last_error"]) == ("active", 0, None)
    assert (going["name"], going["own_name"]) == ("Ours", "The garden")
    assert await run(database_url, JOBS) == ['{"calendar": "resumed"}']


async def test_an_event_is_added_changed_and_removed_and_one_job_tells_it(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    there = f"/api/calendars/{ident}/events"

    answer = await client.post(there, json=LUNCH, headers=ann)
    made = answer.json()
    changed = await client.patch(made["links"]["self"], json={"title": "Brunch"}, headers=ann)
    removed = await client.delete(f"{there}/{EVENT_ID}", headers=ann)
    listed = (await client.get(there, headers=ann)).json()["data"]

    assert (answer.status_code, answer.headers["location"]) == (201, made["links"]["self"])
    assert (made["title"], made["in_step"], made["all_day"]) == ("Lunch", False, False)
    assert (changed.json()["title"], changed.json()["version"]) == ("Brunch", 2)
    assert changed.json()["location"] == "Kitchen"
    assert removed.status_code == 204
    assert [event["title"] for event in listed] == ["Brunch"]
    assert len(await run(database_url, JOBS)) == 1
    assert await run(database_url, COLUMN.format("pending"), made["id"]) == "create"
    assert await run(database_url, COLUMN.format("remote_id"), made["id"]) == made["id"].replace(
        "-", ""
    )
    assert await run(database_url, COLUMN.format("pending"), EVENT_ID) == "delete"
    assert await run(database_url, "SELECT touches FROM calendars") == 3


async def test_what_was_never_told_is_removed_at_once(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"), events=0)
    made = (await client.post(f"/api/calendars/{ident}/events", json=LUNCH, headers=ann)).json()

    removed = await client.delete(made["links"]["self"], headers=ann)
    again = await client.delete(made["links"]["self"], headers=ann)

    assert (removed.status_code, again.status_code) == (204, 404)
    assert await run(database_url, "SELECT count(*) FROM calendar_events") == 0


async def test_a_change_that_changes_nothing_tells_nobody(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    here = f"/api/calendars/{ident}/events/{EVENT_ID}"

    answer = await client.patch(here, json={"title": "Event 0", **TIMES}, headers=ann)

    assert (answer.json()["version"], answer.json()["in_step"]) == (1, True)
    assert await run(database_url, JOBS) is None


async def test_somebody_elses_change_is_not_overwritten(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    here = f"/api/calendars/{ident}/events/{EVENT_ID}"

    first = await client.patch(here, json={"title": "One", "version": 1}, headers=ann)
    second = await client.patch(here, json={"title": "Two", "version": 1}, headers=ann)

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "version_conflict"


async def test_a_calendar_that_others_keep_is_only_read(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"), access="reader")
    there = f"/api/calendars/{ident}/events"

    answers = [
        await client.post(there, json=LUNCH, headers=ann),
        await client.patch(f"{there}/{EVENT_ID}", json={"title": "x"}, headers=ann),
        await client.delete(f"{there}/{EVENT_ID}", headers=ann),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "read_only")] * 3
    assert (await client.get(there, headers=ann)).json()["data"][0]["title"] == "Event 0"
    assert await run(database_url, "SELECT touches FROM calendars") == 0


async def test_a_calendar_holds_so_many_events_and_lists_them_by_pages_and_times(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"), events=3)
    there = f"/api/calendars/{ident}/events"

    full = await client.post(there, json=LUNCH, headers=ann)
    first = await client.get(f"{there}?limit=2", headers=ann)
    rest = await client.get(f"{there}?limit=2&after={first.json()['next']}", headers=ann)
    between = {"since": (NOON + HOUR).isoformat(), "until": (NOON + 2 * HOUR).isoformat()}
    some = await client.get(there, params=between, headers=ann)

    assert (full.status_code, full.json()["code"]) == (409, "calendar_full")
    titles = [[event["title"] for event in page.json()["data"]] for page in (first, rest, some)]
    assert titles == [["Event 0", "Event 1"], ["Event 2"], ["Event 1"]]
    assert 'rel="next"' in first.headers["link"]
    assert rest.json()["next"] is None


ODD: tuple[dict[str, Any], ...] = (
    {},
    {"title": "x" * 1_001, **TIMES},
    {"starts_at": "2026-11-29T12:00:00", "ends_at": "2026-11-29T13:00:00"},
    {"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "0001-01-01T00:00:00+14:00"},
    {"starts_at": "9999-12-31T23:59:59-14:00", "ends_at": "9999-12-31T23:59:59-14:00"},
    {"starts_on": "0001-01-01", "ends_on": "9999-12-31"},
    {"starts_on": "2019-01-01", "ends_on": "2019-01-02"},
    {**TIMES, "timezone": "Mars/Olympus"},
    {**TIMES, "id": "mine"},
)


async def test_an_event_that_cannot_be_kept_is_refused(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"), events=0)
    for odd in ODD:
        answer = await client.post(f"/api/calendars/{ident}/events", json=odd, headers=ann)

        assert answer.status_code == 422, odd
        assert answer.json()["errors"]
    assert await run(database_url, JOBS) is None


async def test_an_event_belongs_to_its_calendar(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    await add_connection(database_url, ("bob", "bob"), "01a203fe-315d-7704-ba1e-0be741383f9d")
    bob = as_user("bob")
    other = {"connection_id": "01a203fe-315d-7704-ba1e-0be741383f9d"}
    own = (await client.post("/api/calendars", json=other, headers=bob)).json()["id"]

    for calendar, who in ((ident, bob), (own, bob), (own, ann)):
        here = f"/api/calendars/{calendar}/events/{EVENT_ID}"
        for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            answer = await client.request(method, here, json=body, headers=who)
            assert answer.status_code == 404, (method, here)
    assert await run(database_url, COLUMN.format("title"), EVENT_ID) == "Event 0"


async def test_conflicts_are_listed(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_calendar(database_url, ("ann", "ann"))
    await run(
        database_url,
        "INSERT INTO calendar_conflicts (id, calendar_id, event_id, job_id, winner, reason, local) "
        "SELECT gen_random_uuid(), id, $1, $1, 'remote', 'both_changed', '{\"title\": \"Ours\"}' "
        "FROM calendars, generate_series(1, 3)",
        EVENT_ID,
    )
    here = f"/api/calendars/{ident}/conflicts"

    first = (await client.get(f"{here}?limit=2", headers=ann)).json()
    rest = (await client.get(f"{here}?limit=2&after={first['next']}", headers=ann)).json()

    assert (len(first["data"]), len(rest["data"]), rest["has_more"]) == (2, 1, False)
    told = first["data"][0]
    assert (told["winner"], told["local"], told["remote"]) == ("remote", {"title": "Ours"}, None)
