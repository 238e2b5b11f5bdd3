"""Bulk actions over HTTP: any number of jobs, only one's own, whoever dies in between."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs import bulk, store
from tests.service.conftest import As, Headers
from tests.service.work import Json, at_work, resources_of, sql, until

MANY = 5_000
FILL = """
INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, max_attempts, timeout_seconds, tags,
  finished_at, change_seq, history)
SELECT ('0199a7c0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, $2, 'echo', $3, n, '{}', 3, 60,
  ARRAY['filled'], CASE WHEN $3 IN ('failed', 'cancelled') THEN now() END, n, '[]'
FROM generate_series($4::int, $4 + $1 - 1) n
"""
SEQUENCE = "INSERT INTO sequences VALUES ($1, $1, 1000000) ON CONFLICT DO NOTHING"
OPEN = "SELECT count(*) FROM bulk_actions WHERE finished_at IS NULL"


async def filled(
    app: Starlette, number: int, state: str, user: str = "ann", first: int = 1
) -> None:
    await sql(app, FILL, number, user, state, first)
    await sql(app, SEQUENCE, user)


async def ordered(client: httpx2.AsyncClient, who: Headers, action: str, **which: Any) -> Json:
    answer = await client.post("/api/bulk", json={"action": action, **which}, headers=who)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def states(app: Starlette) -> dict[str, int]:
    rows = await resources_of(app).db.fetch("SELECT state, count(*) FROM jobs GROUP BY state")
    return dict(map(tuple, rows))


async def worked_off(app: Starlette) -> None:
    """Do what a worker does, without one that runs the jobs as well."""
    while await resources_of(app).bulk.work():
        pass


@pytest.mark.parametrize(
    ("action", "left"),
    [
        ("retry", {"queued": 6, "succeeded": 0, "scheduled": 2}),
        ("cancel", {"failed": 3, "cancelled": 5}),
        ("delete", {"queued": 1, "scheduled": 2}),
    ],
)
@pytest.mark.parametrize("by_ids", [False, True])
async def test_an_action_concerns_the_jobs_it_makes_sense_for(
    app: Starlette,
    client: httpx2.AsyncClient,
    ann: Headers,
    action: str,
    left: dict[str, int],
    by_ids: bool,
) -> None:
    await filled(app, 3, "failed")
    await filled(app, 2, "cancelled", first=10)
    await filled(app, 2, "scheduled", first=20)
    await filled(app, 1, "queued", first=30)
    await filled(app, 1, "failed", user="bob", first=40)
    ids = [str(r["id"]) for r in await resources_of(app).db.fetch("SELECT id FROM jobs")]

    which: Json = {"ids": ids} if by_ids else {"filter": {}}
    told = await ordered(client, ann, action, **which)
    await worked_off(app)

    concerned = {"retry": 5, "cancel": 3, "delete": 5}
    assert (told["action"], told["matched"]) == (action, concerned[action])
    assert await sql(app, "SELECT state FROM jobs WHERE user_id = 'bob'") == "failed"
    await sql(app, "DELETE FROM jobs WHERE user_id = 'bob'")
    assert await states(app) == {state: n for state, n in left.items() if n}


@pytest.mark.parametrize(
    ("which", "matched"),
    [
        ({"state": ["failed"]}, 3),
        ({"state": ["failed", "cancelled"]}, 5),
        ({"state": ["running"]}, 0),
        ({"tag": "filled"}, 5),
        ({"tag": "other"}, 0),
        ({"kind": "say"}, 0),
        ({"q": "ECHO"}, 5),
        ({"q": "%"}, 0),
        ({"user": "bob"}, 0),
        ({"until": "2026-01-01T00:00:00Z"}, 0),
        ({"since": "2026-01-01T00:00:00Z"}, 5),
        ({"batch": "0199a7c0-0000-7000-8000-000000000001"}, 0),
        ({"parent": "0199a7c0-0000-7000-8000-000000000001"}, 0),
    ],
)
async def test_a_filter_is_that_of_the_list(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, which: Json, matched: int
) -> None:
    await filled(app, 3, "failed")
    await filled(app, 2, "cancelled", first=10)
    await filled(app, 1, "failed", user="bob", first=40)

    told = await ordered(client, ann, "delete", filter=which)
    await worked_off(app)

    assert told["matched"] == matched
    assert sum((await states(app)).values()) == 6 - matched


async def test_an_operator_reaches_everybodys_and_a_reader_of_the_org_only_their_own(
    app: Starlette, client: httpx2.AsyncClient, as_user: As
) -> None:
    await filled(app, 3, "failed")
    reader = as_user("rita", "jobs:read jobs:write org:read", org="ann")
    admin = as_user("root", "jobs:read jobs:write admin")

    nothing = await ordered(client, reader, "delete", filter={})
    all_of_ann = await ordered(client, admin, "delete", filter={"user": "ann"})
    await worked_off(app)

    assert (nothing["matched"], all_of_ann["matched"], await states(app)) == (0, 3, {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "retry"},
        {"action": "explode", "filter": {}},
        {"action": "retry", "filter": {}, "ids": ["0199a7c0-0000-7000-8000-000000000001"]},
        {"action": "retry", "ids": []},
        {"action": "retry", "ids": ["7"]},
        {"action": "retry", "filter": {"colour": "red"}},
        {"action": "retry", "filter": {"state": ["gone"]}},
        {"action": "retry", "ids": ["0199a7c0-0000-7000-8000-000000000001"] * 10_001},
    ],
)
async def test_an_action_that_makes_no_sense_is_422(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, body: Json
) -> None:
    answer = await client.post("/api/bulk", json=body, headers=ann)

    assert (answer.status_code, await sql(app, OPEN)) == (422, 0)


async def test_running_jobs_are_asked_to_stop(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    slow = {"kind": "slow", "args": {"seconds": 60}}
    job = (await client.post("/api/jobs", json=slow, headers=ann)).json()

    async def look() -> Json:
        return (await client.get(job["links"]["self"], headers=ann)).json()

    async with at_work(app):
        await until(app, look, lambda found: found["state"] == "running")
        await ordered(client, ann, "cancel", filter={"kind": "slow"})
        over = await until(app, look, lambda found: found["finished_at"])
        story = (await client.get(job["links"]["events"], headers=ann)).json()["data"]

    assert over["state"] == "cancelled"
    assert [event["type"] for event in story][-2:] == ["job.cancelling", "job.cancelled"]


async def test_thousands_are_worked_off_page_by_page_by_two_workers_at_once(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(app, MANY, "failed")
    pages = []
    retry = store.retry

    async def counted(*args: Any) -> Any:
        pages.append(len(args[2]))
        return await retry(*args)

    monkeypatch.setattr(store, "retry", counted)
    told = await ordered(client, ann, "retry", filter={"state": ["failed"]})
    async with at_work(app), at_work(app):
        await until(app, lambda: sql(app, OPEN), lambda left: left == 0)

    assert (told["matched"], sum(pages), max(pages)) == (MANY, MANY, bulk.PAGE)
    assert await sql(app, "SELECT changed FROM bulk_actions") == MANY
    assert await sql(app, "SELECT count(*) FROM jobs WHERE version <> 1") == MANY


async def test_what_a_dying_worker_left_another_goes_on_with(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(app, 3 * bulk.PAGE, "scheduled")
    await ordered(client, ann, "cancel", filter={})
    finish, calls = store.finish_bulk, []

    async def dying(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt  # the second page is done, but neither noted nor committed
        await finish(*args)

    monkeypatch.setattr(store, "finish_bulk", dying)
    with pytest.raises(KeyboardInterrupt):
        await worked_off(app)
    half = await states(app)

    await worked_off(app)

    assert half == {"cancelled": bulk.PAGE, "scheduled": 2 * bulk.PAGE}
    assert await states(app) == {"cancelled": 3 * bulk.PAGE}
    assert await sql(app, "SELECT count(*) FROM jobs WHERE version <> 2") == 0


async def test_of_jobs_with_one_unique_key_one_is_retried(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await filled(app, 4, "failed")
    await sql(app, "UPDATE jobs SET unique_key = 'u'")

    await ordered(client, ann, "retry", filter={})
    await worked_off(app)

    assert await states(app) == {"failed": 3, "queued": 1}
