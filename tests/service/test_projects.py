"""Projects over HTTP: made, listed, changed by version, deleted with their tasks, only one's own."""

from typing import Any

import httpx2
import pytest

from jobs.ids import uuid7
from tests.service.conftest import As, Headers

HERE = "/api/projects"
GARDEN = {
    "name": "A garden",
    "description": "Behind the *house*",
    "goal": "Eat from it",
    "starts_on": "2026-03-01",
    "due_on": "2026-09-30",
}


async def make(client: httpx2.AsyncClient, who: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post(HERE, json={**GARDEN, **changed}, headers=who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_project_is_made_and_read(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await client.post(HERE, json=GARDEN, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == made["links"]["self"] == f"{HERE}/{made['id']}"
    assert {name: made[name] for name in GARDEN} == GARDEN
    assert (made["status"], made["version"], made["job_id"]) == ("active", 1, None)
    assert (await client.get(made["links"]["self"], headers=ann)).json() == made
    assert (await client.get(made["links"]["tasks"], headers=ann)).json()["data"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""}, {"name": " "}, {"name": None}, {"name": "x" * 201}, {"goal": "x" * 2_001},
        {"description": "x" * 10_001}, {"status": "lost"}, {"starts_on": "tomorrow"},
        {"due_on": "2026-02-28"}, {"due_on": "2026-02-30"}, {"version": 3}, {"job_id": str(uuid7())},
        {"user_id": "bob"}, {"name": "a\u0000b"},
    ],
    ids=range(14),
)  # fmt: skip
async def test_what_does_not_fit_is_refused(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any]
) -> None:
    answer = await client.post(HERE, json={**GARDEN, **changed}, headers=ann)

    assert answer.status_code == 422, answer.text


async def test_projects_are_listed_newest_first_by_status_a_page_at_a_time(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [await make(client, ann, name=str(n)) for n in range(3)]
    await make(client, ann, status="archived")

    first = await client.get(HERE, params={"status": "active", "limit": 2}, headers=ann)
    rest = await client.get(first.links["next"]["url"], headers=ann)
    bad = await client.get(HERE, params={"after": "nonsense"}, headers=ann)

    assert first.json()["data"] == made[:0:-1]
    assert rest.json() == {"data": made[:1], "next": None, "has_more": False}
    assert bad.status_code == 400


async def test_what_is_named_is_changed_and_days_are_emptied(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    changes = {"version": 1, "status": "paused", "due_on": None, "goal": None}

    answer = await client.patch(f"{HERE}/{made['id']}", json=changes, headers=ann)

    changed = answer.json()
    kept = {**made, "status": "paused", "due_on": None, "version": 2}
    assert changed == {**kept, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


async def test_a_stale_change_and_days_out_of_order_are_refused(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"{HERE}/{made['id']}"

    stale = await client.patch(here, json={"version": 2, "name": "x"}, headers=ann)
    backwards = await client.patch(here, json={"starts_on": "2026-10-01"}, headers=ann)

    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (422, "/due_on")
    assert (await client.get(here, headers=ann)).json() == made


async def test_others_projects_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = await make(client, ann)
    here = f"{HERE}/{made['id']}"

    for stranger in (as_user("bob", org="ann"), as_user("ann", org="elsewhere")):
        answers = [
            await client.get(here, headers=stranger),
            await client.patch(here, json={"name": "Mine"}, headers=stranger),
            await client.delete(here, headers=stranger),
        ]
        assert {answer.json()["code"] for answer in answers} == {"not_found"}
        assert (await client.get(HERE, headers=stranger)).json()["data"] == []

    assert (await client.get(here, headers=ann)).json() == made


async def test_a_deleted_project_takes_its_tasks_along_and_frees_others(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    its = {"title": "Dig", "project_id": made["id"]}
    task = (await client.post("/api/tasks", json=its, headers=ann)).json()
    other = {"title": "Rest", "depends_on": [task["id"]]}
    waits = (await client.post("/api/tasks", json=other, headers=ann)).json()

    deleted = await client.delete(f"{HERE}/{made['id']}", headers=ann)

    left = (await client.get("/api/tasks", headers=ann)).json()["data"]
    assert deleted.status_code == 204
    assert left == [{**waits, "depends_on": []}]
    assert (await client.delete(f"{HERE}/{made['id']}", headers=ann)).status_code == 404


async def test_there_is_a_most_one_user_may_have(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.projects.front.MOST_PROJECTS", 1)
    await make(client, ann)

    answer = await client.post(HERE, json=GARDEN, headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_projects")
    await make(client, as_user("bob", org="ann"))
