"""Schedules over HTTP: put, change, delete, list, read, preview, run now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from service.settings import ServiceSettings
from tests.service.conftest import As, Headers

SCHEDULE = {"kind": "say", "args": {"text": "hello"}, "cron": "30 8 * * MON-FRI"}
PATH = "/api/schedules/nightly"


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", "jobs:read jobs:write schedules:write")


async def put(
    client: httpx2.AsyncClient, ann: Headers, path: str = PATH, **changed: Any
) -> httpx2.Response:
    body = {name: value for name, value in {**SCHEDULE, **changed}.items() if value is not None}
    return await client.put(path, json=body, headers=ann)


async def test_a_new_schedule_is_201_and_says_when_it_comes(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await put(client, ann, timezone="Europe/Berlin")

    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == PATH == made["links"]["self"]
    assert {name: made[name] for name in SCHEDULE} == SCHEDULE
    assert (made["missed"], made["overlap"], made["jitter"]) == ("one", "allow", 0.0)
    assert (made["paused"], made["runs"], made["version"], made["options"]) == (False, 0, 1, {})
    assert datetime.fromisoformat(made["next_at"]) > datetime.now(UTC)
    assert made == (await client.get(PATH, headers=ann)).json()


async def test_putting_it_again_changes_it_and_is_200(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = (await put(client, ann, every=600, cron=None)).json()

    again = await put(client, ann, every=600, cron=None, args={"text": "changed"})

    changed = again.json()
    assert (again.status_code, changed["version"]) == (200, 2)
    assert changed["args"] == {"text": "changed"}
    assert (changed["id"], changed["next_at"]) == (first["id"], first["next_at"])


async def test_everything_that_can_be_asked_for_is_kept_and_can_be_put_again(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    options = {
        "priority": 5, "max_attempts": 7, "timeout": 90.0, "tags": ["a", "b"], "metadata": {"n": [1]},
        "expires_in": 60.0, "concurrency_key": "one", "notify": True,
    }  # fmt: skip
    asked: dict[str, Any] = {
        "cron": None, "every": "PT1H", "timezone": "Asia/Kathmandu", "missed": "all",
        "overlap": "cancel_old", "jitter": 30.5, "paused": True, "options": options,
    }  # fmt: skip

    made = (await put(client, ann, **asked)).json()

    assert made["options"] == options
    assert (made["every"], made["jitter"], made["cron"], made["at"]) == (3600.0, 30.5, None, None)
    assert (made["paused"], made["next_at"]) == (True, None)
    names = [*SCHEDULE, *asked]
    again = await client.put(PATH, json={name: made[name] for name in names}, headers=ann)
    assert again.status_code == 200, again.text
    same = {name for name, value in again.json().items() if value == made[name]}
    assert set(made) - same == {"version", "updated_at"}


async def test_left_out_of_a_put_a_pause_stays(client: httpx2.AsyncClient, ann: Headers) -> None:
    await put(client, ann, paused=True)

    assert (await put(client, ann)).json()["paused"] is True
    assert (await put(client, ann, paused=False)).json()["paused"] is False


async def test_a_change_replaces_what_it_names(client: httpx2.AsyncClient, ann: Headers) -> None:
    before = (await put(client, ann, options={"priority": 3})).json()

    changed = await client.patch(PATH, json={"args": {"text": "new"}}, headers=ann)
    moved = await client.patch(PATH, json={"every": 7200, "options": {"tags": ["x"]}}, headers=ann)

    assert changed.json()["args"] == {"text": "new"}
    assert changed.json()["next_at"] == before["next_at"]
    after = moved.json()
    assert (after["cron"], after["every"], after["options"]) == (None, 7200.0, {"tags": ["x"]})
    wait = datetime.fromisoformat(after["next_at"]) - datetime.fromisoformat(after["updated_at"])
    assert wait == timedelta(hours=2)


async def test_null_changes_nothing(client: httpx2.AsyncClient, ann: Headers) -> None:
    before = (await put(client, ann)).json()

    answer = await client.patch(PATH, json=dict.fromkeys(["cron", "kind", "every"]), headers=ann)

    same = {name for name, value in answer.json().items() if value == before[name]}
    assert set(before) - same == {"version", "updated_at"}


async def test_pausing_and_going_on(client: httpx2.AsyncClient, ann: Headers) -> None:
    before = (await put(client, ann)).json()

    paused = (await client.patch(PATH, json={"paused": True}, headers=ann)).json()
    resumed = (await client.patch(PATH, json={"paused": False}, headers=ann)).json()

    assert (paused["next_at"], resumed["next_at"]) == (None, before["next_at"])


async def test_a_single_time_that_has_passed_may_be_put_again_unchanged(
    client: httpx2.AsyncClient, ann: Headers, app: Any
) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    await put(client, ann, cron=None, at=soon)
    passed = (datetime.now(UTC) - timedelta(minutes=1)).replace(microsecond=0)
    await app.state.resources.db.fetch("UPDATE schedules SET at = $1, next_at = NULL", passed)

    again = await put(client, ann, cron=None, at=passed.isoformat())

    assert (again.status_code, again.json()["next_at"]) == (200, None)


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"cron": None}, ""),
    ({"every": 60}, ""),
    ({"cron": "0 0 31 2 *"}, "/cron"),
    ({"cron": "0 0 */31 * MON#2"}, "/cron"),
    ({"cron": "@daily"}, "/cron"),
    ({"cron": ""}, "/cron"),
    ({"cron": "*/5 * * * * *"}, "/cron"),
    ({"cron": "1," * 5_000 + "1 * * * *"}, "/cron"),
    ({"cron": "9" * 150 + " * * * *"}, "/cron"),
    ({"cron": 5}, "/cron"),
    ({"cron": None, "every": 9.9}, "/every"),
    ({"cron": None, "every": -60}, "/every"),
    ({"cron": None, "every": 0}, "/every"),
    ({"cron": None, "every": "P2Y"}, "/every"),
    ({"cron": None, "every": "soon"}, "/every"),
    ({"cron": None, "every": "P999999999D"}, "/every"),
    ({"cron": None, "at": "2020-01-01T00:00:00Z"}, "/at"),
    ({"cron": None, "at": "2100-01-01T00:00:00Z"}, "/at"),
    ({"cron": None, "at": "9999-12-31T23:59:59Z"}, "/at"),
    ({"cron": None, "at": "2027-01-01T00:00:00"}, "/at"),
    ({"cron": None, "at": "tomorrow"}, "/at"),
    ({"timezone": "Mars/Olympus"}, "/timezone"),
    ({"timezone": "../../etc/passwd"}, "/timezone"),
    ({"timezone": "localtime"}, "/timezone"),
    ({"timezone": ""}, "/timezone"),
    ({"missed": "some"}, "/missed"),
    ({"overlap": "queue"}, "/overlap"),
    ({"jitter": -1}, "/jitter"),
    ({"jitter": "P2D"}, "/jitter"),
    ({"cron": None, "every": 60, "jitter": 61}, "/jitter"),
    ({"paused": "yes"}, "/paused"),
    ({"kind": "nothing"}, "/kind"),
    ({"args": {}}, "/args/text"),
    ({"args": {"text": "x" * 1001}}, "/args/text"),
    ({"args": []}, "/args"),
    ({"surprise": 1}, "/surprise"),
    ({"options": {"priority": 101}}, "/options/priority"),
    ({"options": {"max_attempts": 0}}, "/options/max_attempts"),
    ({"options": {"timeout": 0}}, "/options/timeout"),
    ({"options": {"timeout": "P2D"}}, "/options/timeout"),
    ({"options": {"expires_in": 0}}, "/options/expires_in"),
    ({"options": {"expires_in": "P2Y"}}, "/options/expires_in"),
    ({"options": {"metadata": {"x": "y" * 20_000}}}, "/options/metadata"),
    ({"options": {"unique_key": "k"}}, "/options/unique_key"),
    ({"args": {"text": "a\x00b"}}, "/args/text"),
]


@pytest.mark.parametrize(("changed", "pointer"), INVALID, ids=range(len(INVALID)))
async def test_what_makes_no_sense_is_422_and_says_where(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any], pointer: str
) -> None:
    answer = await put(client, ann, **changed)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await client.get(PATH, headers=ann)).status_code == 404


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"cron": "* * * * *", "every": 60}, ""),
    ({"cron": "no"}, "/cron"),
    ({"timezone": "Nowhere"}, "/timezone"),
    ({"args": {"text": 5}}, "/args/text"),
    ({"kind": "echo", "args": {"no": 1}}, "/args/no"),
    ({"at": "2020-01-01T00:00:00Z"}, "/at"),
    ({"key": "other"}, "/key"),
]


@pytest.mark.parametrize(("changes", "pointer"), CHANGES, ids=range(len(CHANGES)))
async def test_a_change_that_makes_no_sense_is_422_and_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers, changes: dict[str, Any], pointer: str
) -> None:
    before = (await put(client, ann)).json()

    answer = await client.patch(PATH, json=changes, headers=ann)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await client.get(PATH, headers=ann)).json() == before


KEYS = ["a b", "ü", "%2E", "%2E%2E", "-a", "a%00", "%F0%9F%98%80", "a" * 101, "' OR 1=1--", "a%2Fb"]


@pytest.mark.parametrize("key", KEYS)
async def test_an_odd_key_cannot_be_put_and_is_found_nowhere(
    client: httpx2.AsyncClient, ann: Headers, key: str
) -> None:
    path = f"/api/schedules/{key}"

    assert (await put(client, ann, path)).status_code in {404, 405, 422}
    for method in ("GET", "DELETE"):
        assert (await client.request(method, path, headers=ann)).status_code in {404, 405}
    assert (await client.post(f"{path}/run", headers=ann)).status_code in {404, 405}
    assert (await client.get("/api/schedules", headers=ann)).json()["data"] == []


async def test_lists_are_by_key_and_paged(client: httpx2.AsyncClient, ann: Headers) -> None:
    for key in ("c", "a", "b:x", "Z"):
        await put(client, ann, f"/api/schedules/{key}")

    first = await client.get("/api/schedules?limit=3", headers=ann)
    rest = await client.get(first.links["next"]["url"], headers=ann)

    keys = [s["key"] for page in (first, rest) for s in page.json()["data"]]
    assert sorted(keys) == sorted(["Z", "a", "b:x", "c"])
    assert (first.json()["has_more"], rest.json()["has_more"]) == (True, False)


@pytest.mark.parametrize("cursor", ["x", "é", "AA", "%2e", "_" * 100])
async def test_a_foreign_cursor_is_400(
    client: httpx2.AsyncClient, ann: Headers, cursor: str
) -> None:
    answer = await client.get("/api/schedules", params={"after": cursor}, headers=ann)

    assert answer.status_code == 400


async def test_each_users_keys_are_their_own(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    bob = as_user("bob", "jobs:read schedules:write admin", org="ann")
    await put(client, ann)

    made = await put(client, bob, args={"text": "bob's"})
    await client.delete(PATH, headers=bob)

    assert made.status_code == 201
    assert (await client.get(PATH, headers=bob)).status_code == 404
    assert (await client.get(PATH, headers=ann)).json()["args"] == {"text": "hello"}


async def test_large_args_are_413(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings
) -> None:
    args = {"value": "x" * service_settings.max_schedule_bytes}

    answer = await put(client, ann, kind="echo", args=args)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_more_schedules_than_allowed_are_409(
    client: httpx2.AsyncClient, ann: Headers, service_settings: ServiceSettings, app: Any
) -> None:
    await app.state.resources.db.fetch(
        "INSERT INTO schedules (id, org_id, user_id, key, kind, args, every_seconds) "
        "SELECT gen_random_uuid(), 'ann', 'ann', 'k' || n, 'say', '{}', 60 "
        "FROM generate_series(1, $1) n",
        service_settings.max_schedules,
    )

    answer = await put(client, ann)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_schedules")
    assert (await put(client, ann, "/api/schedules/k1")).status_code == 200


async def test_run_now_submits_a_job_and_leaves_the_ticks_alone(
    client: httpx2.AsyncClient, ann: Headers, app: Any
) -> None:
    made = (await put(client, ann, paused=True, options={"tags": ["x"]})).json()

    answer = await client.post(f"{PATH}/run", headers=ann)

    job = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, job["links"]["self"])
    assert (job["kind"], job["args"], job["tags"]) == ("say", SCHEDULE["args"], ["x"])
    assert (job["state"], job["metadata"]) == ("queued", {"schedule": "nightly"})
    assert (await client.get(PATH, headers=ann)).json() == made
    rows = await app.state.resources.db.fetch("SELECT schedule_id::text FROM jobs")
    assert [tuple(row) for row in rows] == [(made["id"],)]


async def test_deleting_leaves_the_jobs(client: httpx2.AsyncClient, ann: Headers) -> None:
    await put(client, ann)
    job = (await client.post(f"{PATH}/run", headers=ann)).json()

    gone = await client.delete(PATH, headers=ann)

    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(PATH, headers=ann)).status_code == 404
    assert (await client.delete(PATH, headers=ann)).status_code == 404
    kept = await client.get(job["links"]["self"], headers=ann)
    assert kept.json()["state"] == "queued"


async def test_a_preview_tells_the_local_time_and_what_clock_changes_do(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    await put(client, ann, cron="30 2 * * *", timezone="America/New_York", paused=True)

    answer = await client.get(f"{PATH}/preview?count=100", headers=ann)

    told = answer.json()
    assert (told["timezone"], len(told["data"])) == ("America/New_York", 100)
    first = told["data"][0]
    assert datetime.fromisoformat(first["local"]) == datetime.fromisoformat(first["utc"])
    assert first["offset"] in {"-05:00", "-04:00"}
    assert first["local"].endswith(first["offset"])


async def test_a_preview_shows_at_most_a_hundred_ticks(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    await put(client, ann)

    assert len((await client.get(f"{PATH}/preview", headers=ann)).json()["data"]) == 10
    for count in ("0", "101", "x", "-1"):
        answer = await client.get(f"{PATH}/preview?count={count}", headers=ann)
        assert answer.status_code == 422


async def test_an_unchanged_schedule_is_304(client: httpx2.AsyncClient, ann: Headers) -> None:
    await put(client, ann)
    tag = (await client.get(PATH, headers=ann)).headers["etag"]

    again = await client.get(PATH, headers={**ann, "If-None-Match": tag})

    assert again.status_code == 304


async def test_without_the_scope_one_may_read_and_not_write(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await put(client, ann)
    reader = as_user("ann", "jobs:read jobs:write")

    assert (await client.get(PATH, headers=reader)).status_code == 200
    for method, path in (("PUT", PATH), ("PATCH", PATH), ("DELETE", PATH), ("POST", f"{PATH}/run")):
        answer = await client.request(method, path, json=SCHEDULE, headers=reader)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_times_are_previewed_before_there_is_a_schedule(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    reader = as_user("ann", "jobs:read")
    times = {"cron": "30 8 * * MON-FRI", "timezone": "Asia/Kathmandu", "count": 3}

    answer = await client.post(f"{PATH}/preview", json=times, headers=reader)

    told = answer.json()
    assert (answer.status_code, told["timezone"], len(told["data"])) == (200, "Asia/Kathmandu", 3)
    assert {tick["offset"] for tick in told["data"]} == {"+05:45"}
    assert (await client.get(PATH, headers=reader)).status_code == 404


async def test_times_that_stay_the_same_are_previewed_as_they_go_on(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    await put(client, ann, cron=None, every=3600)

    same = await client.post(f"{PATH}/preview", json={"every": 3600}, headers=ann)

    assert same.json() == (await client.get(f"{PATH}/preview", headers=ann)).json()


@pytest.mark.parametrize(
    ("times", "pointer"),
    [
        ({"cron": "61 * * * *"}, "/cron"),
        ({"cron": "* * * * * *"}, "/cron"),
        ({"every": 1}, "/every"),
        ({"at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, "/timezone"),
        ({}, ""),
        ({"every": 60, "count": 101}, "/count"),
    ],
)
async def test_times_that_make_no_sense_have_no_preview(
    client: httpx2.AsyncClient, ann: Headers, times: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(f"{PATH}/preview", json=times, headers=ann)

    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
