"""Brain dumps over HTTP: read while they come to be, confirmed through their job, listed and deleted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.brain_dumps import OwnDump, Status, begin_dump, end_dump, keep_found
from service.dev.sandbox import Sandbox
from tests.jobs.providers.language import llm_settings, model_of
from tests.service.conftest import As, Headers
from tests.service.work import at_work, ended, resources_of, sql, submit, until

KNOWN = {"today": "2026-11-29", "zone": "UTC"}
TEXT = "Call the plumber by 2026-12-04!\nProject: Garden\nDig the beds"
FEED = {
    "action": "create", "task": "", "title": "Feed the cat", "project": "", "due_on": None,
    "priority": None, "notes": "",
}  # fmt: skip


async def make_brain_dump(app: Starlette, org: str, user: str, status: Status = "done") -> UUID:
    """Keep a brain dump as its job would, of a job that is over."""
    own = OwnDump(uuid7(), org, user)
    async with resources_of(app).db.session() as session:
        await begin_dump(session, own, "Feed the cat " * 30, KNOWN, timedelta(minutes=10))
        await keep_found(session, own, "tasks", {"tasks": [FEED, {"title": "x"}]}, whole=False)
        if status != "reading":
            await end_dump(session, own, status, [], {"rounds": 2})
    return own.id


async def test_it_is_read_confirmed_and_done(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, sandbox: Sandbox
) -> None:
    model_of(sandbox)
    values = llm_settings(sandbox)
    values["llm_api_key"] = SecretStr(str(values["llm_api_key"]))

    async with at_work(app, **values):
        job = await submit(client, ann, "brain_dump_processing", args={"text": TEXT})
        here = f"/api/brain-dumps/{job['id']}"

        async def look() -> Any:
            return (await client.get(job["links"]["self"], headers=ann)).json()

        waiting = await until(app, look, lambda found: found["awaiting"])
        asked = (await client.get(here, headers=ann)).json()
        proposals = waiting["awaiting"]["schema"]["properties"]["operations"]["default"]
        answer = {"operations": [proposals[0], proposals[1] | {"title": "Call Mr Pipe"}]}
        unfit = {"operations": [{"op": "create_task", "id": "op2", "title": ""}]}
        path = f"/api/jobs/{job['id']}/input"
        refused = await client.post(path, json=unfit, headers=ann)
        taken = await client.post(path, json=answer, headers=ann)
        over = await ended(client, ann, job)

    done = (await client.get(here, headers=ann)).json()
    tasks = (await client.get("/api/tasks", headers=ann)).json()["data"]
    inbox = (await client.get("/api/inbox", headers=ann)).json()["data"]
    assert (asked["status"], asked["found"]["whole"], asked["usage"]) == ("waiting", True, None)
    assert asked["operations"] == proposals
    assert [one["title"] for one in asked["found"]["tasks"]] == ["Call the plumber", "Dig the beds"]
    assert (refused.status_code, taken.status_code) == (422, 202)
    assert over["result"]["operations"] == done["outcomes"]
    assert [(one["outcome"], one["changed"]) for one in done["outcomes"]] == [
        ("done", False), ("done", True), ("rejected", False),
    ]  # fmt: skip
    assert (done["status"], done["text"], done["usage"]["rounds"]) == ("done", TEXT, 2)
    assert [task["title"] for task in tasks] == ["Call Mr Pipe"]
    assert [entry["name"] for entry in inbox] == ["brain_dump_completed", "brain_dump_waiting"]


async def test_they_are_listed_newest_first_page_by_page(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [str(await make_brain_dump(app, "ann", "ann")) for _ in range(3)]

    first = await client.get("/api/brain-dumps?limit=2", headers=ann)
    rest = await client.get(f"/api/brain-dumps?limit=2&after={first.json()['next']}", headers=ann)

    assert [one["id"] for one in first.json()["data"] + rest.json()["data"]] == made[::-1]
    assert 'rel="next"' in first.headers["link"]
    shown = first.json()["data"][0]
    assert (len(shown["beginning"]), shown["operations"], shown["done"]) == (200, 0, 0)
    assert shown["status"] == "done"


async def test_what_is_found_is_read_while_it_comes_to_be(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    ident = await make_brain_dump(app, "ann", "ann", "reading")

    read = (await client.get(f"/api/brain-dumps/{ident}", headers=ann)).json()

    assert [one["title"] for one in read["found"]["tasks"]] == ["Feed the cat"]
    assert (read["found"]["whole"], read["operations"], read["outcomes"]) == (False, [], [])


@pytest.mark.parametrize(
    ("state", "status"),
    [(None, "failed"), ("queued", "reading"), ("expired", "failed"), ("cancelled", "cancelled")],
    ids=["gone", "queued", "expired", "cancelled"],
)
async def test_one_whose_job_has_ended_is_not_under_way(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, state: str | None, status: str
) -> None:
    job = await submit(client, ann, "say", args={"text": "hello"})
    ident = await make_brain_dump(app, "ann", "ann", "reading")
    if state is not None:
        ident = await sql(app, "UPDATE brain_dumps SET id = $1 RETURNING id", UUID(job["id"]))
    if state in {"expired", "cancelled"}:
        await sql(app, "UPDATE jobs SET state = $1, finished_at = now()", state)

    read = (await client.get(f"/api/brain-dumps/{ident}", headers=ann)).json()
    listed = (await client.get("/api/brain-dumps", headers=ann)).json()["data"]

    assert read["status"] == listed[0]["status"] == status


async def test_others_brain_dumps_do_not_exist_and_a_deleted_one_is_gone(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    here = f"/api/brain-dumps/{await make_brain_dump(app, 'ann', 'ann')}"
    scopes = "jobs:read jobs:write org:read admin"
    strangers = [as_user("bob", scopes), as_user("bob", scopes, org="ann"), as_user("ann", org="x")]

    for stranger in strangers:
        assert (await client.get(here, headers=stranger)).status_code == 404
        assert (await client.delete(here, headers=stranger)).status_code == 404
        assert (await client.get("/api/brain-dumps", headers=stranger)).json()["data"] == []
    assert (await client.delete(here, headers=as_user("ann", "jobs:read"))).status_code == 403
    assert (await client.delete(here, headers=ann)).status_code == 204
    assert (await client.get(here, headers=ann)).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "after=nonsense", "other=1"])
async def test_a_wrong_query_is_refused(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    answer = await client.get(f"/api/brain-dumps?{query}", headers=ann)

    assert answer.status_code in {400, 422}
