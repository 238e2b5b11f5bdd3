"""Phases over HTTP: listed by their days, changed, deleted with their tasks or without, only one's own."""

from datetime import date
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from tests.service.conftest import As, Headers
from tests.service.planned import MARCH, add_phase

HERE = "/api/phases"
ANN = ("ann", "ann")


@pytest.fixture
async def project(client: httpx2.AsyncClient, ann: Headers) -> str:
    return await add_project(client, ann)


async def add_project(client: httpx2.AsyncClient, who: Headers) -> str:
    answer = await client.post("/api/projects", json={"name": "A garden"}, headers=who)
    return str(answer.json()["id"])


async def tasks_of(client: httpx2.AsyncClient, who: Headers, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/tasks?{query}", headers=who)).json()[
        "data"
    ]
    return found


async def test_a_phase_is_read_with_where_to_go_from_it(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    ident = await add_phase(app, ANN, project)

    phase = (await client.get(f"{HERE}/{ident}", headers=ann)).json()

    assert (phase["id"], phase["project_id"], phase["name"]) == (ident, project, "From 2026-03-01")
    assert (phase["status"], phase["version"]) == ("open", 1)
    assert phase["links"] == {
        "self": f"{HERE}/{ident}",
        "project": f"/api/projects/{project}",
        "tasks": f"/api/tasks?phase={ident}",
    }


async def test_phases_are_listed_by_their_days_a_page_at_a_time(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    april = date(2026, 4, 1)
    third = await add_phase(app, ANN, project, first=april, position=2)
    second = await add_phase(app, ANN, project, first=april, position=1)
    first = await add_phase(app, ANN, project, first=MARCH, position=7)
    other = await add_phase(app, ANN, await add_project(client, ann), first=MARCH)

    here = f"{HERE}?project={project}&limit=2"
    page = (await client.get(here, headers=ann)).json()
    rest = (await client.get(f"{here}&after={page['next']}", headers=ann)).json()
    whole = (await client.get(HERE, headers=ann)).json()

    assert [phase["id"] for phase in page["data"] + rest["data"]] == [first, second, third]
    assert (page["has_more"], rest["has_more"], rest["next"]) == (True, False, None)
    assert {phase["id"] for phase in whole["data"]} == {first, second, third, other}


async def test_a_list_may_be_of_some_statuses_only(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    done, _ = [await add_phase(app, ANN, project) for _ in range(2)]
    await client.patch(f"{HERE}/{done}", json={"status": "done"}, headers=ann)

    found = (await client.get(f"{HERE}?status=done,dropped", headers=ann)).json()["data"]

    assert [phase["id"] for phase in found] == [done]


@pytest.mark.parametrize("query", ["project=x", "status=lost", "limit=0", "after=nonsense", "x=1"])
async def test_a_query_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    assert (await client.get(f"{HERE}?{query}", headers=ann)).status_code in {400, 422}


async def test_a_phase_is_changed_in_what_is_given(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    here = f"{HERE}/{await add_phase(app, ANN, project)}"
    before = (await client.get(here, headers=ann)).json()
    changes = {"name": "Dig", "due_on": "2026-03-09", "status": "doing"}

    changed = (await client.patch(here, json={**changes, "version": 1}, headers=ann)).json()
    stale = await client.patch(here, json={"name": "x", "version": 1}, headers=ann)

    assert changed == {**before, **changes, "version": 2, "updated_at": changed["updated_at"]}
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"), ({"status": "late"}, "/status"), ({"due_on": "2026-02-01"}, "/due_on"),
        ({"starts_on": "1969-12-31"}, "/starts_on"), ({"position": -1}, "/position"),
        ({"project_id": str(uuid7())}, "/project_id"), ({"goal": "x" * 2_001}, "/goal"),
    ],
    ids=["no name", "status", "backwards", "long ago", "position", "project", "long"],
)  # fmt: skip
async def test_a_change_that_makes_no_sense_is_refused_with_its_place(
    app: Starlette,
    client: httpx2.AsyncClient,
    ann: Headers,
    project: str,
    changes: dict[str, Any],
    pointer: str,
) -> None:
    ident = await add_phase(app, ANN, project)

    answer = await client.patch(f"{HERE}/{ident}", json=changes, headers=ann)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_deleted_phase_leaves_its_tasks_in_the_project(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    ident = await add_phase(app, ANN, project, tasks=2)

    deleted = await client.delete(f"{HERE}/{ident}", headers=ann)

    left = await tasks_of(client, ann, f"project={project}")
    assert deleted.status_code == 204
    assert [(task["phase_id"], task["version"]) for task in left] == [(None, 2)] * 2
    assert (await client.get(f"{HERE}/{ident}", headers=ann)).status_code == 404


async def test_a_phase_may_be_deleted_with_its_tasks_and_nothing_waits_for_them(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    ident = await add_phase(app, ANN, project, tasks=2)
    gone = [task["id"] for task in await tasks_of(client, ann, f"phase={ident}")]
    waiting = {"title": "Later", "depends_on": gone}
    mine = (await client.post("/api/tasks", json=waiting, headers=ann)).json()

    await client.delete(f"{HERE}/{ident}?with_tasks=true", headers=ann)

    left = await tasks_of(client, ann, "limit=200")
    assert [(task["id"], task["depends_on"]) for task in left] == [(mine["id"], [])]


async def test_phases_go_with_their_project(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    await add_phase(app, ANN, project, tasks=2)

    deleted = await client.delete(f"/api/projects/{project}", headers=ann)

    assert deleted.status_code == 204
    assert (await client.get(HERE, headers=ann)).json()["data"] == []
    assert await tasks_of(client, ann, "limit=200") == []


async def test_a_task_is_put_into_a_phase_of_its_project_only(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, project: str
) -> None:
    other = await add_project(client, ann)
    ident, foreign = await add_phase(app, ANN, project), await add_phase(app, ANN, other)
    said = {"title": "Dig", "project_id": project, "phase_id": ident}
    task = (await client.post("/api/tasks", json=said, headers=ann)).json()
    here = f"/api/tasks/{task['id']}"

    refused = [
        await client.patch(here, json={"phase_id": foreign}, headers=ann),
        await client.patch(here, json={"phase_id": str(uuid7())}, headers=ann),
        await client.patch(here, json={"phase_id": ident, "project_id": other}, headers=ann),
        await client.patch(here, json={"phase_id": ident, "project_id": None}, headers=ann),
        await client.post("/api/tasks", json={"title": "x", "phase_id": ident}, headers=ann),
    ]
    moved = await client.patch(here, json={"phase_id": foreign, "project_id": other}, headers=ann)
    freed = await client.patch(here, json={"phase_id": None}, headers=ann)

    assert task["phase_id"] == ident
    assert [answer.json()["errors"][0]["pointer"] for answer in refused] == ["/phase_id"] * 5
    assert (moved.json()["project_id"], moved.json()["phase_id"]) == (other, foreign)
    assert (freed.json()["project_id"], freed.json()["phase_id"]) == (other, None)


async def test_others_phases_do_not_exist(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As, project: str
) -> None:
    ident = await add_phase(app, ANN, project, tasks=1)
    here, nowhere = f"{HERE}/{ident}", f"{HERE}/{uuid7()}"

    for stranger in (as_user("bob", org="ann"), as_user("ann", org="other")):
        theirs = await add_project(client, stranger)
        for path in (here, nowhere):
            answers = [
                await client.get(path, headers=stranger),
                await client.patch(path, json={"name": "x"}, headers=stranger),
                await client.delete(path, headers=stranger),
                await client.delete(f"{path}?with_tasks=true", headers=stranger),
            ]
            assert [answer.status_code for answer in answers] == [404] * 4
        listed = await client.get(f"{HERE}?project={project}", headers=stranger)
        taken = {"title": "x", "project_id": theirs, "phase_id": ident}
        assert listed.json()["data"] == []
        assert (await client.post("/api/tasks", json=taken, headers=stranger)).status_code == 422

    assert len(await tasks_of(client, ann, f"phase={ident}")) == 1
