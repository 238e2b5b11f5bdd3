"""Calendars whose sync meets trouble: at Google, with the connection, with other jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ids import uuid7
from jobs.processors.calendar_sync import due
from tests.jobs.processors.diary import SOON, Diary, code_of


async def test_one_job_holds_a_calendar_at_a_time(diary: Diary) -> None:
    calendar = await diary.in_step()
    now = datetime.now(UTC)
    await diary.set(calendar, syncing_job=uuid7(), syncing_until=now + timedelta(minutes=3))

    async def over() -> None:
        await diary.set(calendar, syncing_until=now - SOON)

    bench = diary.bench()
    waiting = bench.submit("calendar_sync", {"calendar_id": str(calendar)})
    await bench.advance(timedelta(seconds=25))
    held = (waiting.state, waiting.failures)
    await over()
    await bench.run()

    assert held == ("retrying", 0)
    assert waiting.state == "succeeded"


async def test_a_job_that_lost_the_calendar_writes_nothing(diary: Diary) -> None:
    calendar = await diary.in_step()
    diary.rename("Not by this job")

    async def taken_over() -> None:
        soon = datetime.now(UTC) + SOON
        await diary.set(calendar, syncing_job=uuid7(), syncing_until=soon)

    diary.after("page", taken_over)
    bench = diary.bench()
    job = bench.submit("calendar_sync", {"calendar_id": str(calendar)})
    await bench.advance(timedelta(seconds=1))

    assert (job.state, job.failures) == ("retrying", 0)
    assert await diary.titles(calendar) == ["Breakfast"]
    await diary.set(calendar, syncing_job=None, syncing_until=None)
    await bench.run()
    assert await diary.titles(calendar) == ["Not by this job"]


@pytest.mark.parametrize(
    ("switch", "code"),
    [
        ({"status": 500}, "provider_error"),
        ({"status": 429, "retry_after": 7}, "provider_error"),
        ({"garbage": True}, "garbage"),
        ({"truncate": True}, "provider_error"),
    ],
    ids=["500", "429", "garbage", "truncated"],
)
async def test_trouble_is_tried_again_and_changes_nothing(
    diary: Diary, switch: dict[str, Any], code: str
) -> None:
    calendar = await diary.in_step()
    diary.rename("Late breakfast")
    diary.sandbox.switch("google", times=1, **switch)

    job = await diary.synced(calendar)

    assert (job.state, len(job.attempts)) == ("succeeded", 2)
    [first, _] = job.attempts
    assert first.error is not None
    assert first.error.code == code
    assert await diary.titles(calendar) == ["Late breakfast"]
    assert (await diary.calendar(calendar))["failures"] == 0


async def test_a_used_up_rate_only_means_later(diary: Diary) -> None:
    calendar = await diary.in_step()
    diary.google.policy.over_rate = 1

    job = await diary.synced(calendar)

    assert (job.state, len(job.attempts)) == ("succeeded", 2)


async def test_a_calendar_that_fails_waits_longer_each_time_and_is_told_once_a_job(
    diary: Diary,
) -> None:
    calendar = await diary.in_step()
    diary.sandbox.switch("google", status=503)

    jobs = [await diary.synced(calendar) for _ in range(2)]

    row = await diary.calendar(calendar)
    assert [(code_of(job), len(job.attempts)) for job in jobs] == [("provider_error", 5)] * 2
    assert (row["failures"], row["broken_at"], row["syncing_job"]) == (2, None, None)
    assert row["next_at"] - datetime.now(UTC) > timedelta(minutes=25)
    assert [said.name for said in jobs[0].notifications] == ["calendar_sync_failed"]
    diary.sandbox.clear("google")
    assert (await diary.synced(calendar)).error is None
    row = await diary.calendar(calendar)
    assert (row["failures"], row["error_code"], row["failing_since"]) == (0, "", None)


async def test_a_token_that_is_no_good_breaks_the_calendar_until_there_is_another(
    diary: Diary,
) -> None:
    connection = await diary.connect(credentials={"access_token": "wrong"})
    calendar = await diary.take_up(connection)

    job = await diary.synced(calendar)

    assert (code_of(job), len(job.attempts)) == ("unauthorized", 1)
    status = await diary.database.fetchval("SELECT status FROM connections")
    row = await diary.calendar(calendar)
    assert (status, row["error_code"]) == ("expired", "unauthorized")
    later = datetime.now(UTC) + timedelta(days=1)
    async with diary.db() as session:
        assert await due(session, later, 10) == []
    await diary.database.execute(
        "UPDATE connections SET status = 'active', updated_at = now() + interval '1 second'"
    )
    async with diary.db() as session:
        assert len(await due(session, later, 10)) == 1


async def test_a_token_that_the_clock_will_refresh_is_waited_for(diary: Diary) -> None:
    tokens = {"access_token": "old", "refresh_token": "r"}
    calendar = await diary.take_up(await diary.connect(credentials=tokens))
    bench = diary.bench()
    job = bench.submit("calendar_sync", {"calendar_id": str(calendar)})

    await bench.advance(timedelta(minutes=1))
    waiting = job.state
    diary.google.tokens["old"] = "garden"
    await bench.run()

    assert (waiting, job.state, len(job.attempts)) == ("retrying", "succeeded", 2)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"provider": "mastodon"}, "no_calendars"),
        ({"credentials": {"refresh_token": "r"}}, "incomplete_connection"),
        ({"status": "revoked"}, "connection_revoked"),
    ],
    ids=["another provider", "no token", "revoked"],
)
async def test_a_connection_that_is_no_good_ends_the_job(
    diary: Diary, how: dict[str, Any], code: str
) -> None:
    calendar = await diary.take_up(await diary.connect(**how))

    job = await diary.synced(calendar)

    assert (code_of(job), len(job.attempts)) == (code, 1)
    assert (await diary.calendar(calendar))["broken_at"] is not None
    assert diary.sandbox.calls("google") == []


async def test_a_calendar_that_is_not_there_breaks(diary: Diary) -> None:
    calendar = await diary.take_up(remote_id="nobody@example.com")

    job = await diary.synced(calendar)

    assert (code_of(job), len(job.attempts)) == ("refused", 1)
    assert "Not Found" in str(job.error)


async def test_anothers_calendar_is_not_there(diary: Diary) -> None:
    calendar = await diary.in_step()
    asked = len(diary.sandbox.calls("google"))
    for owner in (("acme", "bert"), ("other", "anna")):
        diary.owner = owner

        job = await diary.synced(calendar)

        assert (code_of(job), len(job.attempts)) == ("not_found", 1)
    assert len(diary.sandbox.calls("google")) == asked
