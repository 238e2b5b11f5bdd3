"""Uploads whose job is over go, however it ended, and not before."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import BaseModel

from jobs import Context, processor
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.schedule import SCHEDULE
from jobs.settings import JobsSettings
from jobs.used_up import forget_used_up
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT, ended, submit, working

KIND = "course_timeline_parsing"
EXPIRE = "UPDATE jobs SET expires_at = now() - interval '1 second' WHERE id = $1"

TWO_MINUTES_PASS = (
    "UPDATE jobs SET finished_at = finished_at - interval '2 minutes'",
    "UPDATE marks SET at = at - interval '2 minutes'",
)


async def upload(resources: Resources, data: bytes = b"Quiz on Sep 4", who: Caller = ANNA) -> UUID:
    async def body() -> AsyncIterator[bytes]:
        yield data

    return (await resources.storage.receive(who.org, who.user, "a.txt", "", body())).id


async def forget(resources: Resources) -> int:
    return await forget_used_up(resources.db, resources.storage, resources.registry.values(), 0.0)


def kept(settings: JobsSettings) -> set[str]:
    assert settings.storage_path is not None
    return {path.name for path in settings.storage_path.iterdir()}


async def parse(resources: Resources, ident: UUID, who: Caller = ANNA) -> JobResource:
    return await submit(resources, KIND, who, upload_id=str(ident))


async def test_the_upload_of_a_job_that_failed_for_good_goes(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources, b"PK\x03\x04 no outline")
    async with working(settings):
        await ended(resources, await parse(resources, ident))
    assert kept(settings) == {str(ident)}

    assert await forget(resources) == 1

    assert kept(settings) == set()
    assert await resources.db.fetch("SELECT 1 FROM uploads") == []
    assert await forget(resources) == 0


async def test_a_worker_does_it_by_itself(resources: Resources, settings: JobsSettings) -> None:
    job = await parse(resources, await upload(resources))
    await resources.queue.cancel(ANNA, job.id)
    await resources.db.fetch("UPDATE jobs SET finished_at = finished_at - interval '1 minute'")
    [tick] = [tick for tick in SCHEDULE if tick.name == "forget_used"]

    async with working(settings) as worker:
        await tick.coroutine(worker.ctx)

    assert kept(settings) == set()


async def test_the_upload_of_a_cancelled_job_goes(
    resources: Resources, settings: JobsSettings
) -> None:
    job = await parse(resources, await upload(resources))
    assert await forget(resources) == 0

    await resources.queue.cancel(ANNA, job.id)

    assert await forget(resources) == 1
    assert kept(settings) == set()


async def test_the_upload_of_an_expired_job_goes(
    resources: Resources, settings: JobsSettings
) -> None:
    job = await parse(resources, await upload(resources))
    await resources.db.fetch(EXPIRE, job.id)
    async with working(settings):
        assert (await ended(resources, job)).state == "expired"

    assert await forget(resources) == 1
    assert kept(settings) == set()


async def test_an_upload_stays_while_another_job_needs_it(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources)
    first, second = await parse(resources, ident), await parse(resources, ident)

    await resources.queue.cancel(ANNA, first.id)
    assert await forget(resources) == 0
    await resources.queue.cancel(ANNA, second.id)

    assert await forget(resources) == 1


async def test_a_job_that_names_a_strangers_upload_leaves_it(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources, who=BERT)
    job = await parse(resources, ident)
    await resources.queue.cancel(ANNA, job.id)

    assert await forget(resources) == 0
    assert kept(settings) == {str(ident)}


async def test_another_kinds_job_leaves_the_upload(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources)
    job = await submit(resources, "echo", value={"upload_id": str(ident)})
    await resources.queue.cancel(ANNA, job.id)

    assert await forget(resources) == 0
    assert kept(settings) == {str(ident)}


async def test_jobs_are_looked_at_once_and_the_newest_seconds_next_time(
    resources: Resources, settings: JobsSettings
) -> None:
    job = await parse(resources, await upload(resources))
    await resources.queue.cancel(ANNA, job.id)
    kinds = resources.registry.values()

    soon = await forget_used_up(resources.db, resources.storage, kinds, 60.0)
    for sql in TWO_MINUTES_PASS:
        await resources.db.fetch(sql)
    later = await forget_used_up(resources.db, resources.storage, kinds, 60.0)

    assert (soon, later) == (0, 1)


def test_a_kind_that_uses_up_what_it_is_not_given_is_refused() -> None:
    class Args(BaseModel):
        upload_id: UUID

    async def work(context: Context, args: Args) -> None:
        """Does nothing."""

    assert processor("fine", uses_up="upload_id")(work).uses_up == "upload_id"
    with pytest.raises(TypeError, match="no argument 'file'"):
        processor("wrong", uses_up="file")(work)
