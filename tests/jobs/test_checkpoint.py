"""What an attempt saves for the next one."""

from typing import Any

import pytest

from jobs import store
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import Starter
from jobs.worker import Worker
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.happenings import when, worker_dies

SAVED = "EXISTS (SELECT FROM checkpoints)"


@pytest.mark.parametrize("saved", [{"page": 3}, [1, [2]], "text", 0, False])
async def test_an_attempt_goes_on_from_what_the_one_before_saved(
    resources: Resources, worker: Worker, saved: Any
) -> None:
    job = await submit(resources, "save", saved=[saved])

    done = await ended(resources, job)

    assert (done.state, done.result) == ("succeeded", {"value": saved})


async def test_the_newest_checkpoint_counts(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "save", saved=[{"page": n} for n in range(5)])

    done = await ended(resources, job)

    assert done.result == {"value": {"page": 4}}


async def test_nothing_is_restored_where_nothing_was_saved_or_none_was(
    resources: Resources, worker: Worker
) -> None:
    jobs = [await submit(resources, "save", saved=saved) for saved in ([], [{"page": 1}, None])]

    done = [await ended(resources, job) for job in jobs]

    assert [job.result for job in done] == [{"value": None}] * 2


async def test_a_checkpoint_outlives_a_deploy(resources: Resources, settings: JobsSettings) -> None:
    quick = settings.model_copy(update={"worker_grace_seconds": 5.0})
    async with working(quick):
        job = await submit(resources, "save", saved=[{"page": 3}], how="hang")
        await when(resources, SAVED)

    async with working(settings):
        done = await ended(resources, job)

    assert (done.result, done.failures) == ({"value": {"page": 3}}, 0)


async def test_a_checkpoint_outlives_a_crash(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "save", saved=[{"page": 3}], how="hang")
    await when(resources, SAVED)

    await worker_dies(resources)
    done = await ended(resources, job)

    assert (done.result, done.failures, done.attempt) == ({"value": {"page": 3}}, 0, 2)


async def test_an_attempt_that_lost_its_job_saves_and_tells_nothing(resources: Resources) -> None:
    first, second = uuid7(), uuid7()
    job = await submit(resources, "echo")
    for life in (first, second):
        await store.register(resources.db, life, "life", 60, {})
    await store.start(resources.db, Starter(first, "first", ["echo"]), [job.id])
    await resources.db.fetch("UPDATE workers SET lease_until = now() WHERE id = $1", first)
    await store.rescue(resources.db, 0, 3)
    await store.start(resources.db, Starter(second, "second", ["echo"]), [job.id])
    late, rightful = (job.id, 1, first), (job.id, 2, second)

    saved = [await store.save(resources.db, one, {"by": one[1]}) for one in (late, rightful, late)]
    told = await store.notice(resources.db, late, uuid7(), "brief_completed", {})
    asked = await store.ask(resources.db, late, {"number": 1})

    assert saved == [False, True, False]
    assert (told, asked) == (None, None)
    assert await store.saved(resources.db, job.id) == {"by": 2}


async def test_a_retry_by_hand_goes_on_from_the_checkpoint(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "save", saved=[{"page": 3}], how="discard")
    await ended(resources, job)

    await resources.queue.retry(ANNA, job.id)
    done = await ended(resources, job)

    assert done.result == {"value": {"page": 3}}
