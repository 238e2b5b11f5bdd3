"""The audit log over HTTP: nothing people do is left out, no secret is in it, each sees what is theirs."""

from typing import Any

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from jobs import store
from jobs.audit import DESCRIPTIONS, NAMES
from service.routes import TABLE
from service.server import Server
from tests.service.conftest import As, Headers, url
from tests.service.ear import ear
from tests.service.test_routes import MATRIX, MISSING, WRITER, Things
from tests.service.work import Json, at_work, ended, sql, submit, until

SUBMISSION = "Handing in is the hot path; the job says who, when and how"
OWN = "A user's own data, which belongs to nobody else; its row says when it changed"
INBOX = "What a device has shown or a user has read"
PROVIDER = "A provider calls, no person"
EXEMPT = {
    ("POST", "/api/jobs"): SUBMISSION,
    ("POST", "/api/jobs/batch"): SUBMISSION,
    ("POST", "/api/uploads"): SUBMISSION,
    ("POST", "/api/schedules/{key}/preview"): "It only shows what a schedule would do",
    ("POST", "/api/tickets"): "A pass of 30 seconds for who is known already",
    ("POST", "/api/inbox/read"): INBOX,
    ("POST", "/api/inbox/ack"): INBOX,
    ("POST", "/hooks/twilio/status"): PROVIDER,
    ("POST", "/hooks/google/calendar"): PROVIDER,
    ("POST", "/unsubscribe/{token}"): "Whoever holds a letter; the preferences say since when",
    **dict.fromkeys(
        [
            (method, path)
            for method, path, _ in TABLE
            if path.startswith(
                (
                    "/api/brain-dumps/", "/api/briefs/", "/api/contents", "/api/feeds",
                    "/api/phases/", "/api/calendars", "/api/projects", "/api/tasks",
                    "/api/timelines/", "/api/preferences", "/api/profile",
                )
            )
        ],
        OWN,
    ),
}  # fmt: skip
SECRETS = ("at_x", "rt_x", "hook-path", "p4ss", "whsec_")
CONNECTION = {
    "provider": "oauth2", "name": "mine", "base_url": "https://example.com",
    "credentials": {"access_token": "at_x", "refresh_token": "rt_x"},
}  # fmt: skip
HOOK = {"url": "https://example.com/hook-path?key=p4ss"}
FAILING: dict[str, Any] = {"kind": "flaky", "args": {"how": "discard"}}


@pytest.fixture
def admin(as_user: As) -> Headers:
    return as_user("root", f"{WRITER} admin", org="operators")


@pytest.fixture
def reader(as_user: As) -> Headers:
    return as_user("eve", "jobs:read org:read", org="ann")


async def log(client: httpx2.AsyncClient, who: Headers, **wanted: Any) -> list[Json]:
    answer = await client.get("/api/audit", params=wanted, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_every_route_that_changes_something_records_it_or_is_excused_by_name() -> None:
    changing = {(m, p): found for m, p, found in TABLE if m not in {"GET", "HEAD"}}
    silent = {key for key, found in changing.items() if not found.records}

    assert silent == set(EXEMPT) & set(changing)


def test_every_action_is_described_and_belongs_to_a_route_or_a_command() -> None:
    recorded = {name for _, _, found in TABLE for name in found.records}

    assert set(DESCRIPTIONS) == set(NAMES)
    assert set(NAMES) - recorded == {"secrets.reseal"}


UNDONE = {"/api/jobs/{id}/retry", "/api/jobs/{id}/input", "/api/webhooks/{id}/replay"}
"""Routes that refuse what the matrix has at hand; each has a test of its own below."""


async def test_what_a_recording_route_did_is_in_the_log(
    app: Starlette, client: httpx2.AsyncClient, admin: Headers, database_url: str
) -> None:
    things = Things(app, client, admin, database_url)
    names = {"name": "default", "key": "nightly"}
    for method, path, found in TABLE:
        if not found.records or path in UNDONE:
            continue
        things.made.clear()
        client.cookies.clear()
        if path == "/api/session" and method == "DELETE":
            await client.post("/api/session", headers=admin)
        ident = MISSING if method == "PUT" else await things.of((method, path))
        before = await log(client, admin, limit=200)

        target = path.format(id=ident, **names)
        body = {"json": MATRIX[method, path].body} if MATRIX[method, path].body else {}
        sent = {**admin, "X-Request-Id": f"req-{method}"}
        answer = await client.request(method, target, headers=sent, **body)

        assert answer.status_code < 300, (method, path, answer.text)
        known = {entry["id"] for entry in before}
        new = [e for e in await log(client, admin, limit=200) if e["id"] not in known]
        assert [e["action"] for e in new if e["action"] not in found.records] == [], path
        assert new, (method, path)
        assert {(e["actor"], e["request_id"], e["address"]) for e in new} == {
            ("root", f"req-{method}", "127.0.0.1")
        }


async def test_retrying_and_answering_a_job_are_recorded_with_whose_it_was(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    async with at_work(app):
        failed = await ended(client, ann, await submit(client, ann, **FAILING))
        await client.post(f"/api/jobs/{failed['id']}/retry", headers=admin)
        asking = await submit(client, ann, "ask", args={})
        path = f"/api/jobs/{asking['id']}"

        async def look() -> Json:
            return (await client.get(path, headers=ann)).json()

        await until(app, look, lambda job: job["awaiting"] is not None)
        secret = {"approved": True, "amount": 4}
        answered = await client.post(f"{path}/input", json=secret, headers=ann)
        assert answered.status_code == 202, answered.text
        found = await log(client, admin, action="job")

    assert [(e["action"], e["subject"], e["org"], e["actor"]) for e in found] == [
        ("job.answer", f"job:{asking['id']}", "ann", "ann"),
        ("job.retry", f"job:{failed['id']}", "ann", "root"),
    ]
    assert found[0]["detail"] == {"kind": "ask", "user": "ann"}


async def test_what_changes_nothing_is_not_recorded(
    client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    job = await submit(client, ann, "echo", args={"value": 1})
    for _ in range(2):
        await client.delete(f"/api/jobs/{job['id']}", headers=ann)
        await client.post("/api/queues/default/pause", headers=admin)
        await client.delete(f"/api/keys/{MISSING}", headers=admin)

    assert [e["action"] for e in await log(client, admin)] == ["queue.pause", "job.cancel"]


async def test_a_change_that_cannot_be_recorded_is_not_made(
    client: httpx2.AsyncClient, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("no more room")

    monkeypatch.setattr(store, "add_audit", broken)

    refused = await client.post("/api/queues/default/pause", headers=admin)

    [queue] = [
        q
        for q in (await client.get("/api/queues", headers=admin)).json()["data"]
        if q["name"] == "default"
    ]
    assert refused.status_code == 503
    assert queue["paused_at"] is None


async def test_no_secret_is_in_the_log(
    app: Starlette, client: httpx2.AsyncClient, as_user: As
) -> None:
    ann = as_user("ann", WRITER)
    key = (await client.post("/api/keys", json={"name": "ci"}, headers=ann)).json()["key"]
    hook = (await client.post("/api/webhooks", json=HOOK, headers=ann)).json()
    await client.post(f"/api/webhooks/{hook['id']}/rotate", headers=ann)
    await client.patch(f"/api/webhooks/{hook['id']}", json=HOOK, headers=ann)
    sent = (await client.post(f"/api/webhooks/{hook['id']}/test", headers=ann)).json()
    again = {"delivery_ids": [sent["id"]]}
    await client.post(f"/api/webhooks/{hook['id']}/replay", json=again, headers=ann)
    made = (await client.post("/api/connections", json=CONNECTION, headers=ann)).json()
    fresh = {"credentials": CONNECTION["credentials"]}
    await client.patch(f"/api/connections/{made['id']}", json=fresh, headers=ann)
    await client.post("/api/session", json={"token": f"{key}x"})

    kept = await sql(app, "SELECT string_agg(audit::text, ' ') FROM audit")

    assert kept.count("connection.") == 2
    assert "webhook.replay" in kept
    assert [s for s in (*SECRETS, key, key[12:]) if s in kept] == []


async def test_each_sees_what_was_done_to_their_org_and_operators_see_all(
    client: httpx2.AsyncClient, ann: Headers, reader: Headers, admin: Headers, as_user: As
) -> None:
    bob = as_user("bob", WRITER, org="elsewhere")
    mine, gone = [await submit(client, ann, "echo", args={"value": 1}) for _ in range(2)]
    await client.delete(f"/api/jobs/{mine['id']}", headers=ann)
    await client.delete(f"/api/jobs/{gone['id']}", headers=admin)
    await client.post("/api/keys", json={"name": "b"}, headers=bob)
    await client.post("/api/queues/default/pause", headers=admin)

    seen, everything = await log(client, reader), await log(client, admin)
    refused = await client.get("/api/audit", headers=ann)

    assert refused.status_code == 403
    assert [(e["subject"], e["actor"]) for e in seen] == [
        (f"job:{gone['id']}", "operator"),
        (f"job:{mine['id']}", "ann"),
    ]
    assert [seen[0][name] for name in ("via", "address", "request_id")] == ["operator", None, None]
    assert [e["action"] for e in everything] == [
        "queue.pause", "key.create", "job.cancel", "job.cancel",
    ]  # fmt: skip
    assert await log(client, reader, actor="root") == []


async def test_the_log_is_filtered_and_read_page_by_page(
    client: httpx2.AsyncClient, admin: Headers
) -> None:
    for _ in range(3):
        await client.post("/api/queues/default/pause", headers=admin)
        await client.post("/api/queues/default/resume", headers=admin)
    await client.put(
        "/api/schedules/nightly", json={"kind": "echo", "args": {}, "every": 3600}, headers=admin
    )
    await client.patch("/api/schedules/nightly", json={"paused": True}, headers=admin)

    first = await client.get("/api/audit", params={"action": "queue", "limit": 4}, headers=admin)
    rest = await client.get(first.links["next"]["url"], headers=admin)
    [paused] = await log(client, admin, subject="schedule:nightly", action="schedule.pause")
    later = await log(client, admin, since=paused["at"])
    earlier = await log(client, admin, until=paused["at"], limit=200)

    assert [e["action"] for e in (*first.json()["data"], *rest.json()["data"])] == [
        "queue.resume",
        "queue.pause",
    ] * 3
    assert (first.json()["has_more"], rest.json()["has_more"]) == (True, False)
    assert [e["action"] for e in later] == ["schedule.pause"]
    assert len(earlier) == 7
    wrong = [{"action": "queue.eat"}, {"after": "x"}, {"since": "yesterday"}]
    answers = [await client.get("/api/audit", params=one, headers=admin) for one in wrong]
    assert [answer.status_code for answer in answers] == [422, 400, 422]


async def test_failed_sign_ins_are_recorded_but_fill_no_disk(
    client: httpx2.AsyncClient, admin: Headers, reader: Headers
) -> None:
    for number in range(9):
        bad: dict[str, Any] = {"json": {"token": "jc_" + "0" * 64}} if number % 2 else {}
        headers = {} if number % 2 else {"Authorization": "Bearer nonsense"}
        assert (await client.post("/api/session", headers=headers, **bad)).status_code == 401
    assert (await client.post("/api/session")).status_code == 401

    found = await log(client, admin, action="session.refuse")

    assert len(found) == 5
    assert {(e["actor"], e["org"], e["address"]) for e in found} == {(None, None, "127.0.0.1")}
    assert "nonsense" not in orjson.dumps(found).decode()
    assert await log(client, reader) == []


async def test_signing_in_and_out_is_recorded_once_each(
    client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    await client.post("/api/session", headers=ann)
    await client.post("/api/session")
    await client.delete("/api/session", headers={"Origin": "http://test"})

    found = await log(client, admin, actor="ann")

    assert [e["action"] for e in found] == ["session.close", "session.open"]
    assert found[0]["subject"] == found[1]["subject"] == found[0]["via"]


async def test_a_command_over_a_socket_is_recorded_with_where_it_came_from(
    browser: httpx2.AsyncClient, server: Server, ann: Headers, admin: Headers
) -> None:
    job = await submit(browser, ann, "echo", args={"value": 1})

    async with ear(url(server), ann, {"channel": "me"}) as heard:
        await heard.say(t="cancel", i=1, job=job["id"])
        await heard.until("ok", i=1)

    [entry] = await log(browser, admin)
    assert (entry["action"], entry["subject"]) == ("job.cancel", f"job:{job['id']}")
    assert entry["address"] == "127.0.0.1"
    assert entry["request_id"]
