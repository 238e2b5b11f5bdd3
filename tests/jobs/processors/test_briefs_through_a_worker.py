"""Briefs end to end: found by the clock, written by a real worker, told in the inbox, opened there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jobs.briefing.hours import turns
from jobs.errors import NotFound
from jobs.ids import uuid7
from jobs.inbox import InboxFilter
from jobs.kept.briefs import decide
from jobs.kept.tasks import NewTask, keep_tasks
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.ticks import Ticks
from tests.jobs.briefing.readers import add_readers
from tests.jobs.conftest import ANNA, BERT, ended, working


def clock_of(resources: Resources) -> Ticks:
    """Return what a worker's loop calls."""
    return Ticks(resources.db, resources.registry, resources.acceptance, resources.announcer)


async def fired(resources: Resources) -> list[Any]:
    """Let the kind's clock tick, as if a quarter had passed since the last time."""
    await resources.db.fetch("UPDATE ticks SET slot = slot - interval '15 minutes'")
    return [row for row in await clock_of(resources).fire() if row.kind == "daily_brief"]


async def test_a_reader_is_briefed_at_their_hour_once_and_opens_it_in_the_inbox(
    resources: Resources, settings: JobsSettings
) -> None:
    now = datetime.now(UTC)
    await add_readers(
        resources.db, [("anna", "UTC", now.hour), ("bert", "UTC", (now.hour + 2) % 24)]
    )
    async with resources.db.session() as session:
        await keep_tasks(session, [NewTask(uuid7(), "acme", "anna", "Dig", due_on=now.date())])

    made = await fired(resources)
    again = await fired(resources)
    async with working(settings):
        job = await ended(resources, await resources.records.get(ANNA, made[0].id))

    assert [(row.user_id, date.fromisoformat(row.args["day"])) for row in made] == [
        ("anna", now.date())
    ]
    assert again == []
    assert job.error is None
    [summary] = (await resources.briefs.list(ANNA, None, 10)).data
    assert (summary.id, summary.tasks, summary.opened_at) == (job.id, 1, None)
    [entry] = (await resources.inbox.list(ANNA, InboxFilter())).data
    assert (entry.name, entry.data["brief_id"]) == ("brief_completed", str(job.id))
    await resources.inbox.read(ANNA, [entry.id])
    [summary] = (await resources.briefs.list(ANNA, None, 10)).data
    assert summary.opened_at is not None


async def test_a_brief_that_was_deleted_is_not_made_again_by_the_clock(
    resources: Resources, settings: JobsSettings
) -> None:
    await add_readers(resources.db, [("anna", "UTC", datetime.now(UTC).hour)])
    [row] = await fired(resources)
    async with working(settings):
        job = await ended(resources, await resources.records.get(ANNA, row.id))
    await resources.briefs.delete(ANNA, job.id)

    assert await fired(resources) == []
    with pytest.raises(NotFound):
        await resources.briefs.open(ANNA, job.id)


async def test_only_its_reader_opens_or_deletes_a_brief(
    resources: Resources, settings: JobsSettings
) -> None:
    await add_readers(resources.db, [("anna", "UTC", datetime.now(UTC).hour)])
    [row] = await fired(resources)
    async with working(settings):
        await ended(resources, await resources.records.get(ANNA, row.id))

    with pytest.raises(NotFound):
        await resources.briefs.open(BERT, row.id)
    with pytest.raises(NotFound):
        await resources.briefs.delete(BERT, row.id)

    [summary] = (await resources.briefs.list(ANNA, None, 10)).data
    assert summary.opened_at is None
    first = await resources.briefs.open(ANNA, row.id)
    second = await resources.briefs.open(ANNA, row.id)
    assert first.opened_at == second.opened_at is not None
    async with resources.db.session() as session:
        coming = turns(["UTC"], datetime.now(UTC) + timedelta(days=1))
        [candidate] = await decide(session, coming, 10)
    assert candidate.past.unopened == 0
