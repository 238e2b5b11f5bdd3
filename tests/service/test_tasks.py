"""Tasks over HTTP: made, ordered, made to wait for each other, done, moved, deleted, only one's own."""

import asyncio
from typing import Any

import httpx2
import pytest

from jobs.ids import uuid7
from tests.service.conftest import As, Headers

HERE = "/api/tasks"
DIG = {
    "title": "Dig",
    "notes": "Deep",
    "priority": 2,
    "starts_on": "2026-03-01",
    "due_on": "2026-03-02",
    "estimate_minutes": 90,
}


async def make(client: httpx2.AsyncClient, who: Headers, **said: Any) -> dict[str, Any]:
    answer = await client.post(HERE, json={"title": "Dig", **said}, headers=who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def project(client: httpx2.AsyncClient, who: Headers) -> str:
    answer = await client.post("/api/projects", json={"name": "A garden"}, headers=who)
    return str(answer.json()["id"])


async def change(
    client: httpx2.AsyncClient, who: Headers, task: dict[str, Any], **changes: Any
) -> httpx2.Response:
    return await client.patch(f"{HERE}/{task['id']}", json=changes, headers=who)


async def test_a_task_is_made_and_read(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await client.post(HERE, json=DIG, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == f"{HERE}/{made['id']}"
    assert {name: made[name] for name in DIG} == DIG
    assert (made["status"], made["completed_at"], made["project_id"]) == ("open", None, None)
    assert (await client.get(f"{HERE}/{made['id']}", headers=ann)).json() == made


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 301}, "/title"),
        ({"notes": "x" * 10_001}, "/notes"),
        ({"priority": 4}, "/priority"),
        ({"priority": True}, "/priority"),
        ({"status": "lost"}, "/status"),
        ({"estimate_minutes": 0}, "/estimate_minutes"),
        ({"due_on": "2026-02-28"}, "/due_on"),
        ({"position": -1}, "/position"),
        ({"project_id": str(uuid7())}, "/project_id"),
        ({"depends_on": [str(uuid7())]}, "/depends_on/0"),
        ({"depends_on": [str(uuid7())] * 51}, "/depends_on"),
        ({"phase_id": str(uuid7())}, "/phase_id"),
        ({"completed_at": "2026-01-01T00:00:00Z"}, "/completed_at"),
    ],
    ids=range(14),
)
async def test_what_does_not_fit_is_refused(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(HERE, json={**DIG, **changed}, headers=ann)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_without_a_position_a_task_is_the_last_of_its_project(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    garden = await project(client, ann)

    made = [
        await make(client, ann, project_id=garden),
        await make(client, ann, project_id=garden, position=7),
        await make(client, ann, project_id=garden),
        await make(client, ann),
    ]

    assert [task["position"] for task in made] == [0, 7, 8, 0]


async def test_tasks_are_listed_by_project_status_and_day(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    garden = await project(client, ann)
    await make(client, ann, title="alone", due_on="2026-03-02", status="doing")
    await make(client, ann, title="dug", project_id=garden, status="done")
    await make(client, ann, title="sown", project_id=garden, due_on="2026-03-03")

    async def titles(**query: Any) -> list[str]:
        page = (await client.get(HERE, params=query, headers=ann)).json()
        return [task["title"] for task in page["data"]]

    assert await titles() == ["sown", "dug", "alone"]
    assert await titles(project=garden) == ["sown", "dug"]
    assert await titles(status="open,doing") == ["sown", "alone"]
    assert await titles(due_until="2026-03-02") == ["alone"]
    assert await titles(phase=str(uuid7())) == []
    assert (await client.get(f"{HERE}?project=mine", headers=ann)).status_code == 422


async def test_pages_go_on_where_the_last_ended(client: httpx2.AsyncClient, ann: Headers) -> None:
    made = [await make(client, ann, title=str(n)) for n in range(3)]

    first = await client.get(HERE, params={"limit": 2, "status": "open"}, headers=ann)
    rest = await client.get(first.links["next"]["url"], headers=ann)

    assert [*first.json()["data"], *rest.json()["data"]] == made[::-1]
    assert rest.json()["has_more"] is False


async def test_what_is_done_says_when_and_what_is_opened_again_does_not(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)

    done = (await change(client, ann, made, status="done", version=1)).json()
    noted = (await change(client, ann, made, notes="It was hard")).json()
    again = (await change(client, ann, made, status="open")).json()
    dropped = (await change(client, ann, made, status="dropped")).json()

    assert done["completed_at"] == done["updated_at"]
    assert noted["completed_at"] == done["completed_at"]
    assert (again["completed_at"], dropped["completed_at"]) == (None, None)
    assert [t["version"] for t in (done, noted, again, dropped)] == [2, 3, 4, 5]


async def test_a_change_names_what_changes_and_null_empties(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann, **DIG, project_id=await project(client, ann))
    emptied = {"project_id": None, "starts_on": None, "due_on": None, "estimate_minutes": None}

    answer = await change(client, ann, made, **emptied, title=None, priority=0)

    changed = answer.json()
    kept = {**made, **emptied, "priority": 0, "version": 2}
    assert changed == {**kept, "updated_at": changed["updated_at"]}


async def test_a_stale_change_is_refused_and_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann, due_on="2026-03-02")

    stale = await change(client, ann, made, version=9, title="x")
    backwards = await change(client, ann, made, starts_on="2026-03-03")

    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (422, "/due_on")
    assert (await client.get(f"{HERE}/{made['id']}", headers=ann)).json() == made


async def test_a_task_never_waits_for_itself(client: httpx2.AsyncClient, ann: Headers) -> None:
    dig = await make(client, ann)
    sow = await make(client, ann, depends_on=[dig["id"], dig["id"]])
    reap = await make(client, ann, depends_on=[sow["id"]])

    circles = [
        await change(client, ann, dig, depends_on=[reap["id"]]),
        await change(client, ann, dig, depends_on=[dig["id"]]),
    ]

    assert sow["depends_on"] == [dig["id"]]
    assert [answer.status_code for answer in circles] == [422, 422]
    assert {answer.json()["errors"][0]["pointer"] for answer in circles} == {"/depends_on"}


async def test_of_two_halves_of_a_circle_at_once_one_is_refused(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    dig, sow = await make(client, ann), await make(client, ann)

    answers = await asyncio.gather(
        change(client, ann, dig, depends_on=[sow["id"]]),
        change(client, ann, sow, depends_on=[dig["id"]]),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_deleted_task_is_waited_for_no_longer(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    dig, water = await make(client, ann), await make(client, ann)
    sow = await make(client, ann, depends_on=[dig["id"], water["id"]])

    deleted = await client.delete(f"{HERE}/{dig['id']}", headers=ann)

    left = (await client.get(f"{HERE}/{sow['id']}", headers=ann)).json()
    assert (deleted.status_code, left["depends_on"]) == (204, [water["id"]])
    assert (await client.get(f"{HERE}/{dig['id']}", headers=ann)).status_code == 404


async def test_others_tasks_and_projects_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    garden = await project(client, ann)
    made = await make(client, ann, project_id=garden)
    here = f"{HERE}/{made['id']}"

    for stranger in (as_user("bob", org="ann"), as_user("ann", org="elsewhere")):
        own = await make(client, stranger)
        answers = [
            await client.get(here, headers=stranger),
            await client.patch(here, json={"title": "Mine"}, headers=stranger),
            await client.delete(here, headers=stranger),
        ]
        reaching = [
            await change(client, stranger, own, project_id=garden),
            await change(client, stranger, own, depends_on=[made["id"]]),
        ]
        listed = await client.get(HERE, params={"project": garden}, headers=stranger)
        assert {answer.json()["code"] for answer in answers} == {"not_found"}
        assert {answer.status_code for answer in reaching} == {422}
        assert listed.json()["data"] == []

    assert (await client.get(here, headers=ann)).json() == made


async def test_there_is_a_most_one_user_may_have(
    client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.tasks.front.MOST_TASKS", 1)
    await make(client, ann)

    answer = await client.post(HERE, json=DIG, headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tasks")
