"""The Google Calendar of the sandbox, by developers.google.com/calendar/api/v3/reference."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from service.dev.sandbox import Sandbox
from service.dev.sandbox.google import Google
from service.dev.sandbox.google_agenda import Agenda

BEARER = {"Authorization": "Bearer sandbox-token"}
V3 = "/google/calendar/v3"
EVENTS = f"{V3}/calendars/primary/events"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def google(sandbox: Sandbox) -> Google:
    return sandbox.peer(Google)


def event(title: str, at: datetime = NOON, **more: Any) -> dict[str, Any]:
    ends = at + timedelta(hours=1)
    times = {"start": {"dateTime": at.isoformat()}, "end": {"dateTime": ends.isoformat()}}
    return {"summary": title, **times, **more}


async def ask(
    caller: httpx2.AsyncClient, method: str, path: str, body: Any = None, **headers: str
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await caller.request(method, path, json=body, headers={**BEARER, **named})


def reason(answer: httpx2.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]


async def test_nobody_without_a_token_gets_in(caller: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = await caller.get(EVENTS, headers=headers)
        assert reason(answer) == (401, "authError")


async def test_an_event_is_made_read_changed_and_cancelled(caller: httpx2.AsyncClient) -> None:
    made = (await ask(caller, "POST", EVENTS, event("Lunch", id="abc123"))).json()
    here = f"{EVENTS}/abc123"
    private = {"private": {"mine": "1"}}
    patched = await ask(
        caller, "PATCH", here, {"location": "Kitchen", "extendedProperties": private}
    )
    both = await ask(caller, "PATCH", here, {"extendedProperties": {"private": {"yours": "2"}}})
    gone = await ask(caller, "DELETE", here)
    again = await ask(caller, "DELETE", here)
    read = (await ask(caller, "GET", here)).json()

    assert made["start"] == {"dateTime": "2026-12-01T13:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert (patched.json()["summary"], patched.json()["location"]) == ("Lunch", "Kitchen")
    assert patched.json()["etag"] != made["etag"]
    assert both.json()["extendedProperties"]["private"] == {"mine": "1", "yours": "2"}
    assert (gone.status_code, reason(again)) == (204, (410, "deleted"))
    assert (read["status"], "summary" in read) == ("cancelled", False)


async def test_an_all_day_event_becomes_one_with_times(caller: httpx2.AsyncClient) -> None:
    days = {"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}}
    made = (await ask(caller, "POST", EVENTS, {"summary": "Fair", **days})).json()
    times = {
        name: {"date": None, "dateTime": "2026-12-24T10:00:00", "timeZone": "Asia/Tokyo"}
        for name in ("start", "end")
    }

    changed = (await ask(caller, "PATCH", f"{EVENTS}/{made['id']}", times)).json()

    assert made["start"] == {"date": "2026-12-24"}
    assert changed["start"] == {"dateTime": "2026-12-24T02:00:00+01:00", "timeZone": "Asia/Tokyo"}


async def test_an_etag_guards_what_others_have_changed(caller: httpx2.AsyncClient) -> None:
    made = (await ask(caller, "POST", EVENTS, event("Lunch"))).json()
    here, old = f"{EVENTS}/{made['id']}", made["etag"]
    first = await ask(caller, "PATCH", here, {"summary": "One"}, If_Match=old)
    second = await ask(caller, "PATCH", here, {"summary": "Two"}, If_Match=old)
    third = await ask(caller, "DELETE", here, If_Match=old)
    last = await ask(caller, "DELETE", here, If_Match=first.json()["etag"])

    assert first.status_code == 200
    assert reason(second) == reason(third) == (412, "conditionNotMet")
    assert last.status_code == 204


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (event("x", id="abc123"), (409, "duplicate")),
        (event("x", id="NOT hex"), (400, "invalid")),
        ({"summary": "x"}, (400, "required")),
        ({**event("x"), "start": {"dateTime": "soon"}}, (400, "required")),
        ({**event("x"), "end": {"dateTime": "2026-11-30T10:00:00Z"}}, (400, "timeRangeEmpty")),
    ],
    ids=["twice", "an odd id", "no times", "an odd time", "ends before"],
)
async def test_what_does_not_fit_is_refused(
    caller: httpx2.AsyncClient, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    await ask(caller, "POST", EVENTS, event("First", id="abc123"))

    assert reason(await ask(caller, "POST", EVENTS, body)) == expected


async def test_a_calendar_of_others_may_only_be_read(caller: httpx2.AsyncClient) -> None:
    holidays = EVENTS.replace("primary", "holidays")

    listed = (await ask(caller, "GET", holidays)).json()
    refused = await ask(caller, "POST", holidays, event("Mine"))
    missing = await ask(caller, "GET", EVENTS.replace("primary", "nobody"))
    calendars = (await ask(caller, "GET", f"{V3}/users/me/calendarList")).json()["items"]

    assert (listed["accessRole"], reason(refused)) == ("reader", (403, "requiredAccessLevel"))
    assert reason(missing) == (404, "notFound")
    assert [one["accessRole"] for one in calendars] == ["owner", "reader"]


async def test_changes_are_read_by_pages_since_a_token_until_it_is_forgotten(
    caller: httpx2.AsyncClient, google: Google
) -> None:
    for number in range(3):
        google.primary().insert(event(f"Event {number}"))
    await caller.put("/google/_policy", json={"page_size": 2})
    first = (await ask(caller, "GET", EVENTS)).json()
    google.primary().patch(first["items"][0]["id"], {"summary": "Changed between"})
    second = (await ask(caller, "GET", f"{EVENTS}?pageToken={first['nextPageToken']}")).json()
    token = second["nextSyncToken"]
    changes = (await ask(caller, "GET", f"{EVENTS}?syncToken={token}")).json()
    both = await ask(caller, "GET", f"{EVENTS}?syncToken={token}&timeMin=2026-01-01T00:00:00Z")
    await caller.put("/google/_policy", json={"forget_tokens": True})
    forgotten = await ask(caller, "GET", f"{EVENTS}?syncToken={token}")

    assert ("nextSyncToken" in first, "nextPageToken" in second) == (False, False)
    seen = {item["id"] for item in first["items"] + second["items"]}
    assert len(seen) == 3
    assert [item["summary"] for item in changes["items"]] == ["Changed between"]
    assert (reason(both), reason(forgotten)) == ((400, "invalid"), (410, "fullSyncRequired"))


async def test_a_window_leaves_out_what_lies_beside_it_and_what_was_cancelled(
    caller: httpx2.AsyncClient, google: Google
) -> None:
    for days in (-2, 0, 2):
        google.primary().insert(event(f"In {days} days", NOON + timedelta(days=days)))
    google.primary().delete(google.primary().insert(event("Cancelled")).id)
    window = {"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z"}

    answer = await caller.get(EVENTS, params=window, headers=BEARER)

    assert [item["summary"] for item in answer.json()["items"]] == ["In 0 days"]


async def test_a_channel_tells_its_address_of_each_change_with_its_token(
    caller: httpx2.AsyncClient, sandbox: Sandbox, google: Google
) -> None:
    wanted = {"id": "c1", "type": "web_hook", "address": f"{sandbox.url}/oauth/me", "token": "t"}
    made = (await ask(caller, "POST", f"{EVENTS}/watch", wanted)).json()
    twice = await ask(caller, "POST", f"{EVENTS}/watch", wanted)
    await ask(caller, "POST", EVENTS, event("Lunch"))
    stop = {"id": "c1", "resourceId": made["resourceId"]}
    wrong = await ask(caller, "POST", f"{V3}/channels/stop", {**stop, "resourceId": "x"})
    stopped = await ask(caller, "POST", f"{V3}/channels/stop", stop)
    await ask(caller, "POST", EVENTS, event("Dinner"))

    assert reason(twice) == (400, "channelIdNotUnique")
    assert (reason(wrong), stopped.status_code) == ((404, "notFound"), 204)
    told = [(channel, state, number) for channel, state, number, _ in google.channels.sent]
    assert told == [("c1", "sync", 1), ("c1", "exists", 2)]
    heard = [call["headers"] for call in sandbox.calls("oauth", "/me")]
    assert [one["x-goog-message-number"] for one in heard] == ["1", "2"]
    assert heard[0]["x-goog-resource-id"] == made["resourceId"]
    ends = datetime.fromtimestamp(int(made["expiration"]) / 1_000, UTC)
    assert ends - datetime.now(UTC) > timedelta(days=6)


async def test_a_channel_whose_time_is_over_tells_nothing(
    caller: httpx2.AsyncClient, sandbox: Sandbox, google: Google
) -> None:
    wanted = {"id": "c1", "type": "web_hook", "address": f"{sandbox.url}/oauth/me"}
    await ask(caller, "POST", f"{EVENTS}/watch", {**wanted, "params": {"ttl": "60"}})
    clock = google.clock
    google.clock = lambda: clock() + 61

    await ask(caller, "POST", EVENTS, event("Lunch"))

    assert [state for _, state, _, _ in google.channels.sent] == ["sync"]


@pytest.mark.parametrize("odd", [{"type": "email"}, {"id": ""}, {"address": "ftp://a"}], ids=str)
async def test_a_channel_that_cannot_be_is_refused(
    caller: httpx2.AsyncClient, odd: dict[str, str]
) -> None:
    wanted = {"id": "c1", "type": "web_hook", "address": "https://a.example/"}

    answer = await ask(caller, "POST", f"{EVENTS}/watch", {**wanted, **odd})

    assert answer.status_code == 400


async def test_people_change_the_calendar_by_hand(
    caller: httpx2.AsyncClient, google: Google
) -> None:
    form = "/google/_hand"
    await caller.post(form, data={"start": "2026-12-01T10:00", "summary": "<b>Lunch</b>"})
    [made] = google.primary().events.values()
    shown = (await caller.get("/google/")).text
    await caller.post(form, data={"id": made.id, "summary": "Dinner"})
    renamed = made.body["summary"]
    await caller.post(form, data={"id": made.id, "gone": "1"})
    unknown = await caller.post(form, data={"id": "nobody", "summary": "x"})

    assert "&lt;b&gt;Lunch" in shown
    assert made.body["start"]["dateTime"] == "2026-12-01T10:00:00+01:00"
    assert (renamed, made.status, unknown.status_code) == ("Dinner", "cancelled", 404)


async def test_a_used_up_rate_is_told_as_google_does_and_an_odd_policy_refused(
    caller: httpx2.AsyncClient,
) -> None:
    await caller.put("/google/_policy", json={"over_rate": 1})

    over = await ask(caller, "GET", EVENTS)
    fine = await ask(caller, "GET", EVENTS)
    odd = await caller.put("/google/_policy", json={"page_size": 0})

    assert reason(over) == (403, "rateLimitExceeded")
    assert over.json()["error"]["errors"][0]["domain"] == "usageLimits"
    assert (fine.status_code, odd.status_code) == (200, 422)


async def test_an_account_has_calendars_of_its_own(
    caller: httpx2.AsyncClient, google: Google
) -> None:
    google.tokens["other"] = "bert"
    google.add("bert", Agenda("bert@sandbox.example", "Bert's", timezone="Asia/Tokyo"))
    google.primary().insert(event("Not Bert's"))

    answer = await caller.get(EVENTS, headers={"Authorization": "Bearer other"})

    told = answer.json()
    assert (told["summary"], told["timeZone"], told["items"]) == ("Bert's", "Asia/Tokyo", [])
