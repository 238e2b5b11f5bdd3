"""A profile over HTTP: read, its suggestions accepted once, forgotten, only one's own."""

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from tests.service.conftest import As, Headers
from tests.service.planned import add_profile

HERE = "/api/profile"
ANN = ("ann", "ann")


async def read(client: httpx2.AsyncClient, who: Headers) -> dict[str, Any]:
    answer = await client.get(HERE, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def accept(client: httpx2.AsyncClient, who: Headers, **said: Any) -> httpx2.Response:
    return await client.post(f"{HERE}/accept", json=said, headers=who)


async def listed(client: httpx2.AsyncClient, who: Headers, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/{what}", headers=who)).json()["data"]
    return found


async def test_a_profile_is_read(app: Starlette, client: httpx2.AsyncClient, ann: Headers) -> None:
    ids = await add_profile(app, ANN)

    profile = await read(client, ann)

    assert profile["about"]["summary"] == "You like plants."
    assert [(one["id"], one["accepted_at"]) for one in profile["suggestions"]] == [
        (ident, None) for ident in ids
    ]
    assert (profile["version"], profile["usage"]["rounds"], profile["language"]) == (1, 1, "en")
    assert await listed(client, ann, "projects") == []


async def test_an_accepted_suggestion_becomes_a_project_once(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    garden, cello = await add_profile(app, ANN)
    before = await read(client, ann)

    first = await accept(client, ann, suggestions=[garden], version=1)
    again = await accept(client, ann, suggestions=[garden])

    [project], [task] = await listed(client, ann, "projects"), await listed(client, ann, "tasks")
    accepted = {one["id"]: one["accepted_at"] for one in first.json()["suggestions"]}
    assert first.json()["version"] == 2
    assert again.json() == first.json()
    assert accepted[garden] is not None
    assert accepted[cello] is None
    assert (project["id"], project["name"], project["goal"]) == (garden, "Garden", "Eat from it")
    assert project["job_id"] == task["job_id"] == before["job_id"]
    days = [date.fromisoformat(day) for day in (project["starts_on"], project["due_on"])]
    assert days[1] - days[0] == timedelta(weeks=4)
    assert date.fromisoformat(task["due_on"]) - days[0] == timedelta(days=2)


async def test_all_are_accepted_when_none_is_named_and_a_deleted_project_stays_deleted(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    garden, cello = await add_profile(app, ANN)
    await accept(client, ann, suggestions=[garden])
    await client.delete(f"/api/projects/{garden}", headers=ann)

    accepted = await client.post(f"{HERE}/accept", headers=ann)

    assert accepted.status_code == 200
    assert [one["id"] for one in await listed(client, ann, "projects")] == [cello]


async def test_what_is_not_suggested_is_refused_and_nothing_is_made(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    garden, _ = await add_profile(app, ANN)

    unknown = await accept(client, ann, suggestions=[garden, str(uuid7())])
    stale = await accept(client, ann, version=2)
    odd = await accept(client, ann, suggestions="all")

    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/suggestions/1"]
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert (unknown.status_code, odd.status_code) == (422, 422)
    assert await listed(client, ann, "projects") == []
    assert (await read(client, ann))["version"] == 1


@pytest.mark.parametrize("most", ["MOST_PROJECTS", "MOST_TASKS"])
async def test_no_more_is_made_than_one_may_have_and_then_none(
    app: Starlette,
    client: httpx2.AsyncClient,
    ann: Headers,
    monkeypatch: pytest.MonkeyPatch,
    most: str,
) -> None:
    await add_profile(app, ANN)
    monkeypatch.setattr(f"jobs.onboarding.accepting.{most}", 1)

    answer = await accept(client, ann)

    assert (answer.status_code, answer.json()["code"]) == (409, f"too_many_{most[5:].lower()}")
    assert await listed(client, ann, "projects") == []


async def test_a_forgotten_profile_is_gone_and_what_was_made_of_it_stays(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await add_profile(app, ANN)
    await accept(client, ann)

    forgotten = await client.delete(HERE, headers=ann)

    assert forgotten.status_code == 204
    assert (await client.get(HERE, headers=ann)).status_code == 404
    assert (await client.delete(HERE, headers=ann)).status_code == 404
    assert (await accept(client, ann)).status_code == 404
    assert len(await listed(client, ann, "projects")) == 2


async def test_others_profiles_do_not_exist(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    ids = await add_profile(app, ANN)

    for stranger in (as_user("bob", org="ann"), as_user("ann", org="other")):
        answers = [
            await client.get(HERE, headers=stranger),
            await accept(client, stranger, suggestions=ids),
            await client.delete(HERE, headers=stranger),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
    bob = as_user("bob", org="ann")
    await add_profile(app, ("ann", "bob"))
    assert (await accept(client, bob, suggestions=ids)).status_code == 422

    assert (await read(client, ann))["version"] == 1
