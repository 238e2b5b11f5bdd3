"""Every route × who calls. A route without a row here fails: say what it answers before it lands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from service.routes import TABLE
from tests.service.agenda import CONNECTED, EVENT_ID, add_calendar
from tests.service.builds import keep
from tests.service.conftest import As, Headers
from tests.service.mailed import add_email
from tests.service.planned import add_phase, add_profile
from tests.service.posted import add_post
from tests.service.test_brain_dumps import make_brain_dump
from tests.service.test_briefs import make_brief
from tests.service.test_timelines import make_timeline
from tests.service.texted import add_text

DAY = timedelta(days=1)
TOMORROW = datetime.now(UTC).date() + DAY
MISSING = "01a203fe-315d-7704-ba1e-0be741383f9a"
JOB = {"kind": "say", "args": {"text": "hello"}}
HOOK = {"url": "https://example.com/hook"}
CONNECTION = {"provider": "oauth2", "name": "a"}
CONTENT = {"title": "The garden opens", "body": "Come by."}
PUBLICATION = {"connection_id": MISSING}
KEY = {"scopes": ["jobs:read"]}
PROJECT = {"name": "A garden"}
TASK = {"title": "Dig"}
CONFIRMED = {"way": "email", "code": "123456"}
FEED = {"url": "https://example.com/feed.xml"}
REPLAY = {"since": "2026-01-01T00:00:00Z"}
SCHEDULE = {**JOB, "cron": "0 9 * * *"}
EVENT = {"starts_on": TOMORROW.isoformat(), "ends_on": (TOMORROW + DAY).isoformat()}
EVENT_PATH = "/api/calendars/{id}/events/{event_id}"
CALENDAR = {"connection_id": CONNECTED}
NAMES = {
    "kind": "say",
    "name": "schedules",
    "key": "nightly",
    "token": "nonsense",
    "event_id": EVENT_ID,
}
WRITER = "jobs:read jobs:write schedules:write webhooks:write keys:write"


Maker = Callable[["Things"], Awaitable[str]]


@dataclass(frozen=True)
class Row:
    """What a route answers to nobody, to a stranger, to a reader without any …:write, to the owner."""

    nobody: int
    stranger: int
    reader: int
    owner: int
    body: Any = None
    name: str = "job"


MATRIX = {
    ("POST", "/api/jobs"): Row(401, 202, 403, 202, JOB),
    ("GET", "/api/jobs"): Row(401, 200, 200, 200),
    ("GET", "/api/jobs/{id}"): Row(401, 404, 200, 200),
    ("DELETE", "/api/jobs/{id}"): Row(401, 404, 403, 200),
    ("POST", "/api/jobs/{id}/cancel"): Row(401, 404, 403, 200),
    ("POST", "/api/jobs/{id}/retry"): Row(401, 404, 403, 409),
    ("GET", "/api/jobs/{id}/events"): Row(401, 404, 200, 200),
    ("GET", "/api/jobs/{id}/logs"): Row(401, 404, 200, 200),
    ("GET", "/api/jobs/{id}/output"): Row(401, 404, 200, 200),
    ("POST", "/api/jobs/batch"): Row(401, 202, 403, 202, {"jobs": [JOB]}),
    ("POST", "/api/jobs/{id}/input"): Row(401, 404, 403, 409, {"yes": True}),
    ("GET", "/api/batches"): Row(401, 200, 200, 200),
    ("GET", "/api/batches/{id}"): Row(401, 404, 200, 200, name="batch"),
    ("POST", "/api/batches/{id}/cancel"): Row(401, 404, 403, 202, name="batch"),
    ("POST", "/api/batches/{id}/retry"): Row(401, 404, 403, 202, name="batch"),
    ("GET", "/api/brain-dumps"): Row(401, 200, 200, 200),
    ("GET", "/api/brain-dumps/{id}"): Row(401, 404, 200, 200, name="brain dump"),
    ("DELETE", "/api/brain-dumps/{id}"): Row(401, 404, 403, 204, name="brain dump"),
    ("GET", "/api/briefs"): Row(401, 200, 200, 200),
    ("GET", "/api/briefs/{id}"): Row(401, 404, 200, 200, name="brief"),
    ("DELETE", "/api/briefs/{id}"): Row(401, 404, 403, 204, name="brief"),
    ("GET", "/api/builds"): Row(401, 200, 200, 200),
    ("GET", "/api/builds/{id}"): Row(401, 404, 200, 200, name="build"),
    ("POST", "/api/bulk"): Row(401, 202, 403, 202, {"action": "retry", "filter": {}}),
    ("GET", "/api/failures"): Row(401, 200, 200, 200),
    ("GET", "/api/audit"): Row(401, 403, 403, 403),
    ("GET", "/api/queues"): Row(401, 200, 200, 200),
    ("POST", "/api/queues/{name}/pause"): Row(401, 403, 403, 403),
    ("POST", "/api/queues/{name}/resume"): Row(401, 403, 403, 403),
    ("GET", "/api/stats"): Row(401, 200, 200, 200),
    ("GET", "/api/stats/series"): Row(401, 200, 200, 200),
    ("GET", "/api/workers"): Row(401, 403, 403, 403),
    ("GET", "/api/kinds"): Row(401, 200, 200, 200),
    ("GET", "/api/kinds/{kind}"): Row(401, 200, 200, 200),
    ("GET", "/api/schedules"): Row(401, 200, 200, 200),
    ("GET", "/api/schedules/{key}"): Row(401, 404, 200, 200),
    ("PUT", "/api/schedules/{key}"): Row(401, 201, 403, 200, SCHEDULE),
    ("PATCH", "/api/schedules/{key}"): Row(401, 404, 403, 200, {"paused": True}),
    ("DELETE", "/api/schedules/{key}"): Row(401, 404, 403, 204),
    ("POST", "/api/schedules/{key}/run"): Row(401, 404, 403, 202),
    ("GET", "/api/schedules/{key}/preview"): Row(401, 404, 200, 200),
    ("POST", "/api/schedules/{key}/preview"): Row(401, 200, 200, 200, {"every": 60}),
    ("POST", "/api/uploads"): Row(401, 201, 403, 201, b"bytes"),
    ("GET", "/api/uploads"): Row(401, 200, 200, 200),
    ("GET", "/api/uploads/{id}"): Row(401, 404, 200, 200, name="upload"),
    ("GET", "/api/uploads/{id}/content"): Row(401, 404, 200, 200, name="upload"),
    ("GET", "/api/webhooks"): Row(401, 200, 200, 200),
    ("POST", "/api/webhooks"): Row(401, 201, 403, 201, HOOK),
    ("GET", "/api/webhooks/{id}"): Row(401, 404, 200, 200, name="webhook"),
    ("PATCH", "/api/webhooks/{id}"): Row(401, 404, 403, 200, {"events": ["job.*"]}, "webhook"),
    ("DELETE", "/api/webhooks/{id}"): Row(401, 404, 403, 204, name="webhook"),
    ("POST", "/api/webhooks/{id}/rotate"): Row(401, 404, 403, 200, name="webhook"),
    ("POST", "/api/webhooks/{id}/test"): Row(401, 404, 403, 202, name="webhook"),
    ("GET", "/api/webhooks/{id}/deliveries"): Row(401, 404, 200, 200, name="webhook"),
    ("POST", "/api/webhooks/{id}/replay"): Row(401, 404, 403, 202, REPLAY, "webhook"),
    ("GET", "/api/connections"): Row(401, 200, 200, 200),
    ("POST", "/api/connections"): Row(401, 201, 403, 201, CONNECTION),
    ("GET", "/api/connections/{id}"): Row(401, 404, 200, 200, name="connection"),
    ("PATCH", "/api/connections/{id}"): Row(401, 404, 403, 200, {"name": "b"}, "connection"),
    ("DELETE", "/api/connections/{id}"): Row(401, 404, 403, 204, name="connection"),
    ("GET", "/api/contents"): Row(401, 200, 200, 200),
    ("POST", "/api/contents"): Row(401, 201, 403, 201, CONTENT),
    ("GET", "/api/contents/{id}"): Row(401, 404, 200, 200, name="content"),
    ("PATCH", "/api/contents/{id}"): Row(401, 404, 403, 200, {"version": 1}, "content"),
    ("DELETE", "/api/contents/{id}"): Row(401, 404, 403, 204, name="content"),
    ("POST", "/api/contents/{id}/approve"): Row(401, 404, 403, 200, name="content"),
    ("POST", "/api/contents/{id}/schedule"): Row(401, 404, 403, 409, PUBLICATION, "content"),
    ("POST", "/api/contents/{id}/withdraw"): Row(401, 404, 403, 409, name="content"),
    ("GET", "/api/feeds"): Row(401, 200, 200, 200),
    ("POST", "/api/feeds"): Row(401, 201, 403, 201, FEED),
    ("GET", "/api/feeds/{id}"): Row(401, 404, 200, 200, name="feed"),
    ("PATCH", "/api/feeds/{id}"): Row(401, 404, 403, 200, {"paused": True}, "feed"),
    ("DELETE", "/api/feeds/{id}"): Row(401, 404, 403, 204, name="feed"),
    ("GET", "/api/feeds/{id}/items"): Row(401, 404, 200, 200, name="feed"),
    ("GET", "/api/calendars"): Row(401, 200, 200, 200),
    ("POST", "/api/calendars"): Row(401, 422, 403, 200, CALENDAR),
    ("GET", "/api/calendars/{id}"): Row(401, 404, 200, 200, name="calendar"),
    ("PATCH", "/api/calendars/{id}"): Row(401, 404, 403, 200, {"name": "b"}, "calendar"),
    ("DELETE", "/api/calendars/{id}"): Row(401, 404, 403, 204, name="calendar"),
    ("GET", "/api/calendars/{id}/conflicts"): Row(401, 404, 200, 200, name="calendar"),
    ("GET", "/api/calendars/{id}/events"): Row(401, 404, 200, 200, name="calendar"),
    ("POST", "/api/calendars/{id}/events"): Row(401, 404, 403, 201, EVENT, "calendar"),
    ("GET", EVENT_PATH): Row(401, 404, 200, 200, name="calendar"),
    ("PATCH", EVENT_PATH): Row(401, 404, 403, 200, {"title": "b"}, "calendar"),
    ("DELETE", EVENT_PATH): Row(401, 404, 403, 204, name="calendar"),
    ("GET", "/api/phases"): Row(401, 200, 200, 200),
    ("GET", "/api/phases/{id}"): Row(401, 404, 200, 200, name="phase"),
    ("PATCH", "/api/phases/{id}"): Row(401, 404, 403, 200, {"status": "done"}, "phase"),
    ("DELETE", "/api/phases/{id}"): Row(401, 404, 403, 204, name="phase"),
    ("GET", "/api/posts"): Row(401, 200, 200, 200),
    ("GET", "/api/posts/{id}"): Row(401, 404, 200, 200, name="post"),
    ("GET", "/api/learnings"): Row(401, 200, 200, 200),
    ("GET", "/api/projects"): Row(401, 200, 200, 200),
    ("POST", "/api/projects"): Row(401, 201, 403, 201, PROJECT),
    ("GET", "/api/projects/{id}"): Row(401, 404, 200, 200, name="project"),
    ("PATCH", "/api/projects/{id}"): Row(401, 404, 403, 200, {"goal": "Eat"}, "project"),
    ("DELETE", "/api/projects/{id}"): Row(401, 404, 403, 204, name="project"),
    ("GET", "/api/tasks"): Row(401, 200, 200, 200),
    ("POST", "/api/tasks"): Row(401, 201, 403, 201, TASK),
    ("GET", "/api/tasks/{id}"): Row(401, 404, 200, 200, name="task"),
    ("PATCH", "/api/tasks/{id}"): Row(401, 404, 403, 200, {"status": "done"}, "task"),
    ("DELETE", "/api/tasks/{id}"): Row(401, 404, 403, 204, name="task"),
    ("GET", "/api/emails"): Row(401, 200, 200, 200),
    ("GET", "/api/emails/{id}"): Row(401, 404, 200, 200, name="email"),
    ("GET", "/unsubscribe/{token}"): Row(404, 404, 404, 404),
    ("POST", "/unsubscribe/{token}"): Row(404, 404, 404, 404),
    ("GET", "/api/sms"): Row(401, 200, 200, 200),
    ("GET", "/api/sms/{id}"): Row(401, 404, 200, 200, name="text"),
    ("GET", "/api/timelines"): Row(401, 200, 200, 200),
    ("GET", "/api/timelines/{id}"): Row(401, 404, 200, 200, name="timeline"),
    ("DELETE", "/api/timelines/{id}"): Row(401, 404, 403, 204, name="timeline"),
    ("GET", "/api/inbox"): Row(401, 200, 200, 200),
    ("POST", "/api/inbox/read"): Row(401, 200, 403, 200, {"all": True}),
    ("GET", "/api/keys"): Row(401, 200, 200, 200),
    ("POST", "/api/keys"): Row(401, 201, 403, 201, KEY),
    ("DELETE", "/api/keys/{id}"): Row(401, 404, 403, 204, name="key"),
    ("POST", "/api/inbox/ack"): Row(401, 200, 200, 200, {"offset": 1}),
    ("GET", "/api/preferences"): Row(401, 200, 200, 200),
    ("PUT", "/api/preferences"): Row(401, 200, 403, 200, {"timezone": "Europe/Berlin"}),
    ("GET", "/api/profile"): Row(401, 404, 200, 200),
    ("POST", "/api/profile/accept"): Row(401, 404, 403, 200),
    ("DELETE", "/api/profile"): Row(401, 404, 403, 204),
    ("POST", "/api/preferences/verify"): Row(401, 422, 403, 422, {"way": "email"}),
    ("POST", "/api/preferences/confirm"): Row(401, 409, 403, 409, CONFIRMED),
    ("POST", "/api/session"): Row(401, 204, 204, 204),
    ("GET", "/api/session"): Row(401, 200, 200, 200),
    ("DELETE", "/api/session"): Row(204, 204, 204, 204),
    ("POST", "/api/tickets"): Row(401, 200, 200, 200),
    ("POST", "/hooks/google/calendar"): Row(401, 401, 401, 401),
    ("POST", "/hooks/twilio/status"): Row(415, 415, 415, 415),
    ("GET", "/healthz"): Row(200, 200, 200, 200),
    ("GET", "/readyz"): Row(503, 503, 503, 503),
    ("GET", "/metrics"): Row(200, 200, 200, 200),
    ("GET", "/openapi.json"): Row(200, 200, 200, 200),
    ("GET", "/asyncapi.json"): Row(200, 200, 200, 200),
    ("GET", "/docs"): Row(200, 200, 200, 200),
    ("GET", "/docs/{name}"): Row(200, 200, 200, 200),
    ("GET", "/docs/http/{name}"): Row(200, 200, 200, 200),
}
WHO = ("nobody", "stranger", "neighbour", "reader", "owner")
"""Who calls, one after the other: whoever may change what is Ann's comes last."""
WITH_ID = [key for key in MATRIX if "{id}" in key[1]]


def test_every_route_has_a_row() -> None:
    assert {(method, path) for method, path, _ in TABLE} == set(MATRIX)


@dataclass(frozen=True)
class Things:
    """Makes what is Ann's, each thing when a row is about it."""

    app: Starlette
    client: httpx2.AsyncClient
    ann: Headers
    database_url: str
    made: dict[str, str] = field(default_factory=dict)

    async def of(self, key: tuple[str, str]) -> str:
        """Make what ``key`` is about, and return its id."""
        path = key[1]
        if "{id}" in path:
            return await self.called(MATRIX[key].name)
        for begin, name in ALSO.items():
            if path.startswith(begin):
                await self.called(name)
        return MISSING

    async def called(self, name: str) -> str:
        """Make the one thing of this name that a test needs."""
        if name not in self.made:
            self.made[name] = await MAKERS[name](self)
        return self.made[name]

    async def post(self, path: str, body: Any) -> str:
        """Make something as she would."""
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = await self.client.post(path, headers=self.ann, **sent)
        found = answer.json()
        return str(found.get("id") or found["batch_id"])


ANN = ("ann", "ann")


def posted(path: str, body: Any) -> Maker:
    """Return what makes something over HTTP."""
    return lambda things: things.post(path, body)


async def make_build(things: Things) -> str:
    return str((await keep(things.app, UUID(await things.post("/api/jobs", JOB)))).id)


async def make_phase(things: Things) -> str:
    return await add_phase(things.app, ANN, await things.post("/api/projects", PROJECT))


async def brain_dump(things: Things) -> str:
    return str(await make_brain_dump(things.app, *ANN))


async def timeline(things: Things) -> str:
    return str(await make_timeline(things.app.state.resources, *ANN))


async def brief(things: Things) -> str:
    return str(await make_brief(things.app.state.resources, *ANN))


async def nightly(things: Things) -> str:
    await things.client.put("/api/schedules/nightly", json=SCHEDULE, headers=things.ann)
    return "nightly"


async def profile(things: Things) -> str:
    await add_profile(things.app, ANN)
    return MISSING


async def email(things: Things) -> str:
    return str(await add_email(things.database_url, ANN))


ALSO = {"/api/schedules": "schedule", "/api/profile": "profile", "/api/calendars": "calendar"}
"""What must be there for routes that name no id."""

MAKERS: dict[str, Maker] = {
    "job": posted("/api/jobs", JOB),
    "upload": posted("/api/uploads", b"bytes"),
    "batch": posted("/api/jobs/batch", {"jobs": [JOB]}),
    "webhook": posted("/api/webhooks", HOOK),
    "feed": posted("/api/feeds", FEED),
    "key": posted("/api/keys", KEY),
    "connection": posted("/api/connections", CONNECTION),
    "content": posted("/api/contents", CONTENT),
    "project": posted("/api/projects", PROJECT),
    "task": posted("/api/tasks", TASK),
    "build": make_build,
    "phase": make_phase,
    "brain dump": brain_dump,
    "timeline": timeline,
    "brief": brief,
    "email": email,
    "schedule": nightly,
    "profile": profile,
    "calendar": lambda things: add_calendar(things.database_url, ANN),
    "post": lambda things: add_post(things.database_url, ANN),
    "text": lambda things: add_text(things.database_url, ANN),
}


@pytest.fixture
def things(app: Starlette, client: httpx2.AsyncClient, as_user: As, database_url: str) -> Things:
    return Things(app, client, as_user("ann", WRITER), database_url)


@pytest.fixture
def headers_of(as_user: As) -> dict[str, Headers]:
    return {
        "nobody": {},
        "stranger": as_user("bob", WRITER, org="elsewhere"),
        "neighbour": as_user("bob", WRITER, org="ann"),  # of Ann's org, which is named after her
        "reader": as_user("ann", "jobs:read"),
        "owner": as_user("ann", WRITER),
    }


async def call(
    client: httpx2.AsyncClient, key: tuple[str, str], ident: str, headers: Headers
) -> Any:
    method, path = key
    target = path.format(id=ident, **NAMES)
    body = MATRIX[key].body
    sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    return await client.request(method, target, headers=headers, **sent)


@pytest.mark.parametrize("key", MATRIX, ids=str)
async def test_each_caller_gets_what_is_theirs(
    client: httpx2.AsyncClient,
    things: Things,
    headers_of: dict[str, Headers],
    key: tuple[str, str],
) -> None:
    row = MATRIX[key]

    ident = await things.of(key)

    for who in WHO:
        client.cookies.clear()
        answer = await call(client, key, ident, headers_of[who])

        wanted = getattr(row, "stranger" if who == "neighbour" else who)
        assert answer.status_code == wanted, who
        if answer.status_code >= 400 and key[1] != "/readyz":
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code


async def test_a_strangers_thing_answers_exactly_like_a_missing_one(
    client: httpx2.AsyncClient, things: Things, headers_of: dict[str, Headers]
) -> None:
    for key in WITH_ID:
        ident = await things.of(key)

        foreign = await call(client, key, ident, headers_of["stranger"])
        missing = await call(client, key, MISSING, headers_of["stranger"])

        told, untold = foreign.json(), missing.json()
        assert told.pop("instance").replace(ident, MISSING) == untold.pop("instance"), key
        del told["request_id"], untold["request_id"]
        assert told == untold, key


ODD_IDS = [
    "1", "x", "null", "%00", "..%2f..", "%F0%9F%98%80", "00000000000000000000000000000000",
    "{01a203fe-315d-7704-ba1e-0be741383f9a}", "urn:uuid:01a203fe-315d-7704-ba1e-0be741383f9a",
    "01a203fe-315d-7704-ba1e-0be741383f9", "01a203fe-315d-7704-ba1e-0be741383f9a ", "a" * 2000,
    "' OR 1=1--",
]  # fmt: skip


@pytest.mark.parametrize("ident", ODD_IDS, ids=range(len(ODD_IDS)))
async def test_what_is_no_id_is_404_on_every_route(
    client: httpx2.AsyncClient, headers_of: dict[str, Headers], ident: str
) -> None:
    for key in WITH_ID:
        answer = await call(client, key, ident, headers_of["owner"])

        assert answer.status_code == 404, key


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/jobs/",
        "//api/jobs",
        "/api/nothing",
        "/%00",
        "/api/jobs/a/b/c",
        "/.env",
    ],
)
async def test_unknown_paths_are_404_problems(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    answer = await client.get(
        httpx2.URL("http://test").copy_with(raw_path=path.encode()), headers=ann
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", sorted({path for _, path, _ in TABLE}))
async def test_other_methods_are_405_and_name_the_allowed_ones(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    target = path.format(id=MISSING, **NAMES)
    known = {method for method, each, _ in TABLE if each == path}

    for method in {"PUT", "PATCH", "POST", "DELETE", "TRACE", "BREW"} - known:
        answer = await client.request(method, target, headers=ann)

        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) - {"HEAD", "OPTIONS"} == known


async def test_head_answers_like_get_and_options_tells_the_methods(
    client: httpx2.AsyncClient, ann: Headers, things: Things
) -> None:
    for path in sorted({path for method, path, _ in TABLE if method == "GET"}):
        target = path.format(id=await things.of(("GET", path)), **NAMES)

        head = await client.head(target, headers={**ann, "Accept": "text/event-stream"})
        options = await client.options(target)

        assert head.status_code == MATRIX["GET", path].owner, path
        assert (options.status_code, "GET" in options.headers["allow"]) == (204, True), path


async def test_the_method_cannot_be_overridden(
    client: httpx2.AsyncClient, ann: Headers, things: Things
) -> None:
    headers = {**ann, "X-HTTP-Method-Override": "DELETE"}
    path = f"/api/jobs/{await things.post('/api/jobs', JOB)}"

    await client.get(path, headers=headers)

    assert (await client.get(path, headers=ann)).json()["state"] == "queued"


async def test_with_org_read_one_sees_the_orgs_jobs_but_cannot_stop_them(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    lead = as_user("carol", "jobs:read jobs:write org:read", org="ann")
    await things.post("/api/jobs", JOB)
    path = f"/api/jobs/{await things.post('/api/jobs', JOB)}"

    assert (await client.get(path, headers=lead)).status_code == 200
    assert (await client.delete(path, headers=lead)).status_code == 404
    assert len((await client.get("/api/jobs", headers=lead)).json()["data"]) == 2


async def test_lists_hold_only_ones_own(
    client: httpx2.AsyncClient, headers_of: dict[str, Headers], things: Things
) -> None:
    await things.post("/api/jobs", JOB)

    for who in ("stranger", "neighbour"):
        page = (await client.get("/api/jobs", headers=headers_of[who])).json()

        assert page == {"data": [], "next": None, "has_more": False}


async def test_webhooks_and_notifications_of_others_are_in_no_list(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    await things.post("/api/webhooks", HOOK)

    for headers in (as_user("bob", org="elsewhere"), as_user("bob", "jobs:read org:read", "ann")):
        hooks = (await client.get("/api/webhooks", headers=headers)).json()
        inbox = (await client.get("/api/inbox", headers=headers)).json()

        assert hooks == {"data": [], "next": None, "has_more": False}
        assert inbox == {"data": [], "next": None, "has_more": False, "unread": 0}
