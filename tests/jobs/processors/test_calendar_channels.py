"""Push channels: opened, renewed, refused, closed; and calendars that are left."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jobs.ids import uuid7
from jobs.push_channels import Channels
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from tests.jobs.processors.diary import Diary, counts, open_diary

KEY = "an old key of at least thirty-two bytes"
NEW = "a new key of at least thirty-two bytes!"


@pytest.fixture
async def listening(sandbox: Sandbox, database_url: str) -> AsyncIterator[Diary]:
    """Give a diary whose messages the sandbox's own server gets."""
    async with open_diary(database_url, sandbox, sandbox.url) as opened:
        yield opened


async def test_a_channel_is_opened_before_the_first_page_is_read(listening: Diary) -> None:
    calendar = await listening.in_step()

    row = await listening.calendar(calendar)
    [channel] = listening.google.channels.open.values()
    assert (str(row["channel_id"]), row["channel_resource"]) == (channel.id, channel.resource)
    assert row["channel_until"] - datetime.now(UTC) > timedelta(days=6)
    assert (row["channel_next"], row["channel_error"]) == (None, "")
    assert channel.address == f"{listening.sandbox.url}/hooks/google/calendar"
    assert listening.asked() == ["POST /events/watch", "GET /events"]


async def test_a_channel_is_renewed_a_day_before_it_ends_and_the_old_one_closed(
    listening: Diary,
) -> None:
    calendar = await listening.in_step()
    before = await listening.calendar(calendar)
    await listening.synced(calendar)
    unchanged = await listening.calendar(calendar)
    await listening.set(calendar, channel_until=datetime.now(UTC) + timedelta(hours=23))
    await listening.set(calendar, channel_message=7)

    await listening.synced(calendar)

    after = await listening.calendar(calendar)
    assert unchanged["channel_id"] == before["channel_id"] != after["channel_id"]
    assert after["channel_message"] == 0
    assert list(listening.google.channels.open) == [str(after["channel_id"])]


@pytest.mark.parametrize(
    ("status", "wait"), [(400, timedelta(hours=23)), (503, timedelta(minutes=59))], ids=str
)
async def test_without_a_channel_the_sync_goes_on_and_asks_for_one_later(
    listening: Diary, status: int, wait: timedelta
) -> None:
    listening.sandbox.switch(
        "google", status=status, path="/calendar/v3/calendars/primary/events/watch"
    )
    calendar = await listening.in_step()
    again = await listening.synced(calendar)

    row = await listening.calendar(calendar)
    assert counts(again) == (0, 0, 0)
    assert (row["channel_id"], row["channel_next"]) == (None, None)
    assert row["channel_after"] - datetime.now(UTC) > wait
    assert str(status) in row["channel_error"]
    assert listening.asked().count("POST /events/watch") == 1


async def test_an_old_channel_that_cannot_be_closed_is_let_be(listening: Diary) -> None:
    calendar = await listening.in_step()
    await listening.set(calendar, channel_until=datetime.now(UTC))
    listening.google.channels.open.clear()

    job = await listening.synced(calendar)

    assert job.error is None
    assert len(listening.google.channels.open) == 1


async def test_without_a_public_address_nobody_is_asked_for_messages(diary: Diary) -> None:
    calendar = await diary.in_step()

    assert diary.asked() == ["GET /events"]
    assert (await diary.calendar(calendar))["channel_id"] is None


async def test_a_calendar_that_was_left_closes_its_channel_and_goes(listening: Diary) -> None:
    calendar = await listening.in_step()
    await listening.set(calendar, left_at=datetime.now(UTC))

    job = await listening.synced(calendar)

    assert job.result.skipped == "left"
    assert job.notifications == []
    assert listening.google.channels.open == {}
    assert await listening.database.fetch("SELECT 1 FROM calendars") == []
    assert list(listening.there.values()) == ["Breakfast"]


async def test_a_calendar_whose_channel_cannot_be_closed_goes_all_the_same(
    listening: Diary,
) -> None:
    calendar = await listening.in_step()
    await listening.set(calendar, left_at=datetime.now(UTC))
    await listening.database.execute("UPDATE connections SET status = 'revoked'")

    job = await listening.synced(calendar)

    assert job.result.skipped == "left"
    assert await listening.database.fetch("SELECT 1 FROM calendars") == []


async def test_a_calendar_that_is_left_while_it_is_synced_goes_by_the_same_job(
    listening: Diary,
) -> None:
    calendar = await listening.in_step()

    async def leave() -> None:
        await listening.set(calendar, left_at=datetime.now(UTC), touches=1)

    listening.after("page", leave)
    job = await listening.synced(calendar)

    assert (job.error, job.result.skipped, job.failures) == (None, "left", 0)
    assert listening.google.channels.open == {}
    assert await listening.database.fetch("SELECT 1 FROM calendars") == []


async def test_trouble_with_closing_is_tried_again(listening: Diary) -> None:
    calendar = await listening.in_step()
    await listening.set(calendar, left_at=datetime.now(UTC))
    listening.sandbox.switch("google", status=503, times=1)

    job = await listening.synced(calendar)

    assert (job.result.skipped, len(job.attempts)) == ("left", 2)
    assert listening.google.channels.open == {}


async def test_a_calendar_taken_up_again_while_it_is_left_stays(listening: Diary) -> None:
    calendar = await listening.in_step()
    await listening.set(calendar, left_at=datetime.now(UTC))

    async def taken_up() -> None:
        await listening.set(calendar, left_at=None)

    listening.after("stop", taken_up)
    job = await listening.synced(calendar)

    assert (job.error, job.result.skipped) == (None, None)
    assert len(listening.google.channels.open) == 1
    assert await listening.titles(calendar) == ["Breakfast"]


def channels(key: str) -> Channels:
    return Channels(JobsSettings(secret_key=key))


def test_a_token_is_known_by_the_key_that_made_it_or_a_newer_list() -> None:
    ident = uuid7()
    token = channels(KEY).token(ident)

    assert channels(KEY).knows(ident, token)
    assert channels(f"{NEW},{KEY}").knows(ident, token)
    assert channels(f"{NEW},{KEY}").token(ident) != token


@pytest.mark.parametrize("forged", ["", "x", "é", "\udcff", "0" * 64], ids=ascii)
def test_a_forged_token_is_not_known(forged: str) -> None:
    ident = uuid7()

    assert not channels(KEY).knows(ident, forged)
    assert not channels(KEY).knows(UUID(int=ident.int ^ 1), channels(KEY).token(ident))
    assert not channels(NEW).knows(ident, channels(KEY).token(ident))
