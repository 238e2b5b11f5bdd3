"""What upkeep forgets, and what it keeps."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from jobs import store
from jobs.acceptance import Origin, Submission
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.store import Outcome, Owner, Starter
from tests.jobs.conftest import ANNA, submit
from tests.jobs.happenings import queue_up, value

DAY = timedelta(days=1)
ECHO = Submission("echo", {})
AGE = "UPDATE jobs SET finished_at = now() - $2::interval WHERE id = ANY($1::uuid[])"
RESULTS = "SELECT count(*) FROM jobs WHERE result IS NOT NULL"
JOBS = "SELECT count(*) FROM jobs"


async def finished(resources: Resources, number: int, ago: timedelta, **origin: Any) -> list[UUID]:
    """Make jobs that all finished at one moment, as those settled in one statement do."""
    rows = await queue_up(resources, [ECHO] * number, origin=Origin(**origin))
    return await finish(resources, [row.id for row in rows], ago)


async def finish(resources: Resources, ids: list[UUID], ago: timedelta) -> list[UUID]:
    """Start these jobs, let them succeed, and make that a while ago."""
    life = uuid7()
    await store.register(resources.db, life, "life", 60, {})
    rows = await store.start(resources.db, Starter(life, "life", ["echo"]), ids)
    outcomes = [Outcome(row.id, row.attempt, "succeeded", "succeeded", result=1) for row in rows]
    assert len(await store.settle(resources.db, life, outcomes)) == len(ids)
    await resources.db.fetch(AGE, ids, ago)
    return ids


async def forget_all(resources: Resources, most: int) -> list[int]:
    """Forget results page by page, as the tick does; returns what each page saw."""
    pages: list[int] = []
    while seen := await store.forget_results(resources.db, DAY, most):
        pages.append(seen)
    return pages


async def test_results_are_forgotten_page_by_page_and_jobs_stay(resources: Resources) -> None:
    for hours in range(5):
        await finished(resources, 4, DAY + timedelta(hours=hours + 1))

    pages = await forget_all(resources, 4)

    assert pages == [4] * 5
    assert await value(resources, RESULTS) == 0
    assert await value(resources, JOBS) == 20


async def test_no_result_is_passed_over_where_more_ended_together_than_fit_a_page(
    resources: Resources,
) -> None:
    await finished(resources, 25, DAY + timedelta(hours=1))

    await forget_all(resources, 10)

    assert await value(resources, RESULTS) == 0


async def test_young_results_stay_until_it_is_their_turn(resources: Resources) -> None:
    await finished(resources, 3, DAY + timedelta(hours=1))
    young = await finished(resources, 3, DAY - timedelta(hours=1))

    await forget_all(resources, 10)
    before = await value(resources, RESULTS)
    await resources.db.fetch(AGE, young, DAY + timedelta(minutes=1))
    await forget_all(resources, 10)

    assert (before, await value(resources, RESULTS)) == (3, 0)


async def test_old_jobs_go_page_by_page_with_all_that_hangs_on_them(resources: Resources) -> None:
    [old, *_] = await finished(resources, 5, DAY * 2)
    await finished(resources, 2, DAY / 2)
    await resources.db.fetch("INSERT INTO checkpoints (job_id, data) VALUES ($1, '{}')", old)
    await resources.db.fetch(
        "INSERT INTO answers (job_id, number, data, answered_by) VALUES ($1, 1, '1', 'carl')", old
    )

    pages = [await store.prune_jobs(resources.db, DAY, 2) for _ in range(4)]

    assert pages == [2, 2, 1, 0]
    assert await value(resources, JOBS) == 2
    assert await value(resources, "SELECT count(*) FROM checkpoints") == 0
    assert await value(resources, "SELECT count(*) FROM answers") == 0


async def test_unfinished_jobs_stay_however_old_they_are(resources: Resources) -> None:
    await submit(resources, "echo")
    await resources.db.fetch("UPDATE jobs SET created_at = now() - interval '1 year'")

    assert await store.prune_jobs(resources.db, DAY, 10) == 0


async def test_a_job_that_others_wait_for_stays_until_they_went_on(resources: Resources) -> None:
    [before] = await queue_up(resources, [ECHO])
    waiting = await resources.queue.submit(ANNA, Submission("echo", {}, after=[before.id]))
    await finish(resources, [before.id], DAY * 2)

    kept = await store.prune_jobs(resources.db, DAY, 10)
    await resources.flows.resolve()
    gone = await store.prune_jobs(resources.db, DAY, 10)

    assert (kept, gone) == (0, 1)
    assert (await resources.records.get(ANNA, waiting.id)).state == "queued"


async def test_keys_notices_limits_and_emptied_batches_go_in_time(resources: Resources) -> None:
    db, mine = resources.db, Owner("acme", "anna")
    await resources.queue.submit_once(ANNA, Submission("echo", {}, idempotency_key="k"))
    options: dict[str, Any] = {"open": False, "on_complete": None, "tags": []}
    full, empty = [await store.create_batch(db, uuid7(), mine, **options) for _ in range(2)]
    await finished(resources, 1, DAY * 2, batch_id=full.id)
    await db.fetch("INSERT INTO limits (key, used) VALUES ('key:a', 0), ('key:b', 1)")
    await db.fetch(
        "INSERT INTO inbox (id, org_id, user_id, name, change_seq) VALUES ($1, 'a', 'b', 'n', 1)",
        uuid7(),
    )
    await db.fetch(
        "INSERT INTO verifications (id, org_id, user_id, way, address, nonce, expires_at) "
        "VALUES ($1, 'a', 'b', 'email', 'b@example.com', '', now())",
        uuid7(),
    )
    young = await store.prune_rest(db, DAY, DAY, 10)

    for column in (
        "idempotency_keys.created_at",
        "inbox.created_at",
        "batches.completed_at",
        "verifications.created_at",
    ):
        table, _, name = column.partition(".")
        await db.fetch(f"UPDATE {table} SET {name} = now() - interval '2 days'")  # noqa: S608
    await db.fetch("UPDATE limits SET free_at = now() - interval '2 days'")
    old = await store.prune_rest(db, DAY, DAY, 10)

    assert (young, old) == (0, 5)
    assert await value(resources, "SELECT key FROM limits") == "key:b"
    assert await store.find_batch(db, mine, empty.id) is None
    assert await store.find_batch(db, mine, full.id) is not None
