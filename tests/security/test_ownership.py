"""What is another's does not exist: by path, in bodies and filters, on channels (S27-S31).

``tests/service/test_routes.py`` asks each route as a stranger and as a neighbour; here come those who were
let in once, those who may read the org, and every other place an id can stand in. A new route, or a new
field that holds an id, fails until it is in a table here.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from service.call import CANONICAL_UUID as UUIDS
from service.client import mint_token
from service.routes import TABLE
from tests.service.agenda import CONNECTED, add_connection
from tests.service.conftest import SECRET, As, Headers
from tests.service.test_routes import JOB, MATRIX, MISSING, WITH_ID, WRITER, Things, call

OPEN = [(method, path) for method, path, found in TABLE if found.scope is None]
CLOSED = [(method, path) for method, path, found in TABLE if found.scope is not None]
ORIGIN = {"Origin": "http://test"}
OF_THE_ORG = {
    ("GET", "/api/jobs/{id}"),
    ("GET", "/api/jobs/{id}/events"),
    ("GET", "/api/jobs/{id}/logs"),
    ("GET", "/api/jobs/{id}/output"),
    ("GET", "/api/batches/{id}"),
}
"""What ``org:read`` opens of a colleague's: looking at jobs, and nothing else."""


@pytest.fixture
def things(app: Starlette, client: httpx2.AsyncClient, as_user: As, database_url: str) -> Things:
    return Things(app, client, as_user("ann", WRITER), database_url)


def told(answer: httpx2.Response, *ids: str) -> Any:
    """Return what an answer tells, without what differs for everybody: its own id, and what was asked."""
    body = answer.json()
    del body["request_id"]
    text = str(body)
    for each in filter(UUIDS.fullmatch, ids):
        text = text.replace(each, "ID")
    return answer.status_code, text


Dead = Callable[[httpx2.AsyncClient, Headers], Awaitable[Headers]]


async def revoked_key(client: httpx2.AsyncClient, owner: Headers) -> Headers:
    made = (await client.post("/api/keys", json={"scopes": ["jobs:read"]}, headers=owner)).json()
    dead = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("/api/jobs", headers=dead)).status_code == 200
    await client.delete(f"/api/keys/{made['id']}", headers=owner)
    return dead


async def ended_session(client: httpx2.AsyncClient, owner: Headers) -> Headers:
    opened = await client.post("/api/session", headers=owner)
    cookie = opened.headers["set-cookie"].partition(";")[0]
    client.cookies.clear()
    copy = {"Cookie": cookie, **ORIGIN}
    assert (await client.get("/api/session", headers=copy)).status_code == 200
    await client.delete("/api/session", headers=copy)
    client.cookies.clear()
    return copy


async def expired_token(client: httpx2.AsyncClient, owner: Headers) -> Headers:
    token = mint_token(SECRET, user="ann", scopes=WRITER, lifetime=timedelta(days=-2))
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("dead", [revoked_key, ended_session, expired_token])
async def test_who_was_let_in_once_is_nobody_on_every_route(
    client: httpx2.AsyncClient, things: Things, dead: Dead
) -> None:
    headers = await dead(client, things.ann)

    for key in CLOSED:
        answer = await call(client, key, MISSING, headers)

        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), key


async def test_without_any_scope_nothing_is_done_and_nothing_told(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    scopeless = as_user("ann", "")

    for method, path, found in TABLE:
        if found.scope:
            answer = await call(client, (method, path), MISSING, scopeless)

            assert answer.json()["code"] == "insufficient_scope", (method, path)


async def test_a_colleague_who_reads_the_org_sees_its_jobs_and_changes_nothing(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    colleague = as_user("carol", f"{WRITER} org:read", org="ann")
    for key in WITH_ID:
        ident = await things.of(key)

        answer = await call(client, key, ident, colleague)
        missing = await call(client, key, MISSING, colleague)

        if key in OF_THE_ORG:
            assert answer.status_code == 200, key
        else:
            assert told(answer, ident, MISSING) == told(missing, MISSING), key
            assert answer.status_code == 404, key


Filled = Callable[[str], dict[str, Any]]
IN_BODIES: dict[tuple[str, str, str], tuple[str, Filled]] = {
    ("POST", "/api/jobs", "after"): ("job", lambda i: {**JOB, "after": [i]}),
    ("POST", "/api/jobs/batch", "batch_id"): ("batch", lambda i: {"jobs": [JOB], "batch_id": i}),
    ("POST", "/api/bulk", "ids"): ("job", lambda i: {"action": "cancel", "ids": [i]}),
    ("POST", "/api/tasks", "project_id"): ("project", lambda i: {"title": "a", "project_id": i}),
    ("POST", "/api/tasks", "phase_id"): ("phase", lambda i: {"title": "a", "phase_id": i}),
    ("POST", "/api/tasks", "depends_on"): ("task", lambda i: {"title": "a", "depends_on": [i]}),
    ("POST", "/api/calendars", "connection_id"): ("google", lambda i: {"connection_id": i}),
    ("POST", "/api/inbox/read", "ids"): ("entry", lambda i: {"ids": [i]}),
}
"""Fields that hold ids, of what can be asked for without a thing of one's own."""

OF_ONES_OWN: dict[tuple[str, str, str], tuple[str, str, Callable[[str], Any]]] = {
    ("PATCH", "/api/tasks/{id}", "project_id"): ("project", "task", lambda i: {"project_id": i}),
    ("PATCH", "/api/tasks/{id}", "phase_id"): ("phase", "task", lambda i: {"phase_id": i}),
    ("PATCH", "/api/tasks/{id}", "depends_on"): ("task", "task", lambda i: {"depends_on": [i]}),
    ("POST", "/api/webhooks/{id}/replay", "delivery_ids"): (
        "delivery",
        "webhook",
        lambda i: {"delivery_ids": [i]},
    ),
    ("POST", "/api/contents/{id}/schedule", "connection_id"): (
        "connection",
        "approved",
        lambda i: {"connection_id": i},
    ),
    ("POST", "/api/contents/{id}/schedule", "media"): (
        "upload",
        "approved",
        lambda i: {"connection_id": MISSING, "media": [{"upload_id": i, "alt": "a"}]},
    ),
}
"""Fields that hold ids, beside a thing of one's own in the path."""

IN_QUERIES = {
    ("GET", "/api/jobs", "id"): "job",
    ("GET", "/api/jobs", "batch"): "batch",
    ("GET", "/api/jobs", "parent"): "job",
    ("GET", "/api/jobs", "ancestor"): "job",
    ("GET", "/api/builds", "job"): "job",
    ("GET", "/api/phases", "project"): "project",
    ("GET", "/api/posts", "content_id"): "content",
    ("GET", "/api/tasks", "project"): "project",
    ("GET", "/api/tasks", "phase"): "phase",
    ("GET", "/api/emails", "job"): "job",
    ("GET", "/api/uploads", "id"): "upload",
}
PROVEN_OTHERWISE = {
    ("POST", "/api/profile/accept", "suggestions"),  # looked for in one's own profile only
    ("POST", "/hooks/twilio/status", "message"),  # signed by the provider; test_twilio_hook.py
}


def holds_ids(annotation: Any) -> bool:
    return annotation is UUID or any(holds_ids(inner) for inner in get_args(annotation))


def test_every_field_of_an_id_is_in_a_table() -> None:
    fields = {
        (method, path, name)
        for method, path, found in TABLE
        for model in (found.body, found.query)
        if model is not None
        for name, field in model.model_fields.items()
        if holds_ids(field.annotation)
    }

    missing = fields - set(IN_BODIES) - set(OF_ONES_OWN) - set(IN_QUERIES) - PROVEN_OTHERWISE

    assert missing == set()


async def foreign(things: Things, name: str) -> str:
    """Return the id of a thing that is Ann's."""
    if name == "google":
        await add_connection(things.database_url, ("ann", "ann"))
        return CONNECTED
    return MISSING if name in {"entry", "delivery"} else await things.called(name)


@pytest.mark.parametrize("org", ["elsewhere", "ann"])
async def test_anothers_id_in_a_body_is_as_one_that_is_nobodys(
    client: httpx2.AsyncClient, as_user: As, things: Things, org: str
) -> None:
    bob = as_user("bob", WRITER, org=org)
    for (method, path, name), (what, filled) in IN_BODIES.items():
        ident = await foreign(things, what)

        theirs = await client.request(method, path, json=filled(ident), headers=bob)
        nobodys = await client.request(method, path, json=filled(MISSING), headers=bob)

        assert shape(theirs, ident) == shape(nobodys, MISSING), (path, name)


async def test_anothers_id_beside_a_thing_of_ones_own_is_as_one_that_is_nobodys(
    app: Starlette, client: httpx2.AsyncClient, as_user: As, things: Things, database_url: str
) -> None:
    bob = as_user("bob", WRITER, org="ann")
    bobs = Things(app, client, bob, database_url)
    approved = await bobs.called("content")
    await client.post(f"/api/contents/{approved}/approve", headers=bob)
    bobs.made["approved"] = approved
    for (method, path, name), (what, own, filled) in OF_ONES_OWN.items():
        target = path.replace("{id}", await bobs.called(own))
        ident = await foreign(things, what)

        theirs = await client.request(method, target, json=filled(ident), headers=bob)
        nobodys = await client.request(method, target, json=filled(MISSING), headers=bob)

        assert shape(theirs, ident) == shape(nobodys, MISSING), (path, name)


async def test_a_filter_by_anothers_id_finds_nothing(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    neighbour = as_user("bob", WRITER, org="ann")
    for (_, path, name), what in IN_QUERIES.items():
        ident = await things.called(what)

        theirs = await client.get(path, params={name: ident}, headers=neighbour)
        nobodys = await client.get(path, params={name: MISSING}, headers=neighbour)

        assert shape(theirs, ident) == shape(nobodys, MISSING), (path, name)
        if theirs.status_code == 200:
            assert theirs.json()["data"] == [], (path, name)


async def test_no_list_tells_of_others(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    made = {name: await things.called(name) for name in {MATRIX[key].name for key in WITH_ID}}
    lists = [path for method, path, _ in TABLE if method == "GET" and "{" not in path]
    callers = [as_user("bob", WRITER, org="ann"), as_user("ann", WRITER, org="elsewhere")]

    for path in lists:
        for caller in callers:
            text = (await client.get(path, headers=caller)).text

            assert [name for name, ident in made.items() if ident in text] == [], path


def shape(answer: httpx2.Response, ident: str) -> Any:
    """Return all of an answer but ids that were made for it alone."""
    if answer.status_code < 400:
        found = answer.json()
        return answer.status_code, sorted(found), found.get("matched"), found.get("data")
    return told(answer, ident)


@pytest.mark.parametrize("route", ["/api/events", "/api/events/poll"])
@pytest.mark.parametrize("org", ["elsewhere", "ann"])
async def test_anothers_channels_are_as_those_that_are_nobodys(
    client: httpx2.AsyncClient, as_user: As, things: Things, route: str, org: str
) -> None:
    bob = as_user("bob", WRITER, org=org)
    ids = [(kind, await things.called(kind)) for kind in ("job", "batch")]
    names = [*ids, ("user", "ann"), *([("org", "ann")] if org != "ann" else [])]

    for kind, ident in names:
        theirs = await client.get(route, params={"channel": f"{kind}:{ident}"}, headers=bob)
        nobodys = await client.get(route, params={"channel": f"{kind}:{MISSING}"}, headers=bob)

        assert told(theirs, ident) == told(nobodys, MISSING), kind
        assert theirs.status_code in {403, 404}, kind


@pytest.mark.parametrize(
    "name",
    ["user:*", "job:*", "user:ann\njob:x", "job:../ann", "org:", ":", "", "user", "x" * 9999,
     "batch:%00", "user:ann ", "USER:ann", "jobcast:events:user:ann:ann"],
)  # fmt: skip
async def test_what_is_no_channel_is_none(
    client: httpx2.AsyncClient, as_user: As, name: str
) -> None:
    answer = await client.get(
        "/api/events", params={"channel": name}, headers=as_user("bob", WRITER)
    )

    assert answer.status_code == 404


async def test_no_ticket_is_given_for_anothers_channel_to_listen_to(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    bob, job = as_user("bob", WRITER, org="ann"), await things.called("job")
    asked = await client.post("/api/tickets", json={"channels": [f"job:{job}"]}, headers=bob)
    ticket = asked.json()["ticket"]

    refused = await client.get(f"/api/events?channel=job:{job}&ticket={ticket}")

    assert refused.status_code == 404
