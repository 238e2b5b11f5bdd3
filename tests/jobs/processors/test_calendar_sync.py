"""Kind ``calendar_sync`` on the bench: the sandbox's Google Calendar over loopback, a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.ids import uuid7
from jobs.processors.calendar_sync import due
from jobs.testing import Job
from service.dev.sandbox import Sandbox
from service.dev.sandbox.google_agenda import Agenda
from tests.jobs.processors.diary import NOON, SOON, Diary, open_diary


@pytest.fixture
async def diary(sandbox: Sandbox, database_url: str) -> AsyncIterator[Diary]:
    async with open_diary(database_url, sandbox) as opened:
        yield opened


def code_of(job: Job) -> str | None:
    return job.error.code if job.error else None


def counts(job: Job) -> tuple[int, int, int]:
    assert job.error is None
    return job.result.pulled, job.result.pushed, job.result.conflicts


async def test_what_is_there_comes_here(diary: Diary) -> None:
    diary.put("Lunch", location="Kitchen", description="Soup")
    diary.put("Standup", NOON - timedelta(hours=3))
    diary.agenda.insert(
        {"summary": "Fair", "start": {"date": "2026-12-24"}, "end": {"date": "2026-12-26"}}
    )
    calendar = await diary.take_up()

    job = await diary.synced(calendar)

    assert counts(job) == (3, 0, 0)
    assert job.result.full
    found = {row["title"]: row for row in await diary.here(calendar)}
    assert (found["Lunch"]["location"], found["Lunch"]["description"]) == ("Kitchen", "Soup")
    assert found["Lunch"]["starts_at"] == NOON
    assert found["Fair"]["all_day"]
    assert found["Fair"]["starts_at"] == datetime(2026, 12, 23, 23, tzinfo=UTC)  # Berlin's midnight
    assert str(found["Fair"]["ends_on"]) == "2026-12-26"
    row = await diary.calendar(calendar)
    assert (row["own_name"], row["timezone"], row["access"]) == (
        "The garden",
        "Europe/Berlin",
        "owner",
    )
    assert [said.name for said in job.notifications] == ["calendar_sync_completed"]


async def test_the_next_time_only_changes_are_read(diary: Diary) -> None:
    calendar = await diary.in_step()
    diary.rename("Late breakfast")
    gone = diary.put("Nothing")
    diary.agenda.delete(gone.id)

    changed = await diary.synced(calendar)
    unchanged = await diary.synced(calendar)

    assert (counts(changed), counts(unchanged)) == ((1, 0, 0), (0, 0, 0))
    assert not changed.result.full
    assert await diary.titles(calendar) == ["Late breakfast"]
    queries = [call["query"] for call in diary.sandbox.calls("google")]
    assert ["syncToken" in query for query in queries] == [False, True, True]
    assert all("timeMin" not in query for query in queries[1:])


async def test_what_is_gone_there_goes_here(diary: Diary) -> None:
    calendar = await diary.in_step()
    diary.agenda.delete(next(iter(diary.there)))

    job = await diary.synced(calendar)

    assert counts(job) == (1, 0, 0)
    assert await diary.here(calendar) == []


async def test_what_is_made_changed_and_removed_here_comes_there_and_is_no_news(
    diary: Diary,
) -> None:
    calendar = await diary.in_step()
    ident = await diary.add(calendar, "Dentist")

    made = await diary.synced(calendar)
    after_made = diary.there[ident.hex]
    await diary.change(ident, "Dentist, moved")
    changed = await diary.synced(calendar)
    after_changed = diary.there[ident.hex]
    await diary.remove(ident)
    removed = await diary.synced(calendar)
    echo = await diary.synced(calendar)

    assert [counts(job) for job in (made, changed, removed, echo)] == [
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 0, 0),
    ]
    assert (after_made, after_changed) == ("Dentist", "Dentist, moved")
    assert ident.hex not in diary.there
    assert await diary.titles(calendar) == ["Breakfast"]
    assert await diary.conflicts() == []


async def test_a_push_goes_out_under_the_etag_that_was_seen(diary: Diary) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    await diary.change(event["id"], "Brunch")

    await diary.synced(calendar)

    [call] = [call for call in diary.sandbox.calls("google") if call["method"] == "PATCH"]
    assert call["headers"]["if-match"] == event["etag"]
    assert call["query"]["sendUpdates"] == "none"
    after = await diary.only(calendar)
    assert (after["pending"], after["etag"]) == ("", diary.agenda.get(event["remote_id"]).etag)


@pytest.mark.parametrize(
    ("ours_later", "winner", "title"),
    [(SOON, "local", "Ours"), (-SOON, "remote", "Theirs")],
    ids=["ours is later", "theirs is later"],
)
async def test_of_two_changes_the_last_counts_and_both_are_recorded(
    diary: Diary, ours_later: timedelta, winner: str, title: str
) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    diary.rename("Theirs")
    await diary.change(event["id"], "Ours", ours_later)

    job = await diary.synced(calendar, metadata={"tick": "now"})
    again = await diary.synced(calendar)

    assert job.error is None
    assert job.result.conflicts == 1
    assert counts(again) == (0, 0, 0)
    assert (await diary.titles(calendar), list(diary.there.values())) == ([title], [title])
    [conflict] = await diary.conflicts()
    assert (conflict["winner"], conflict["reason"]) == (winner, "both_changed")
    assert (conflict["local"]["title"], conflict["remote"]["title"]) == ("Ours", "Theirs")
    assert conflict["event_id"] == event["id"]
    [said] = job.notifications  # also of a job that nobody asked for
    assert said.data["conflicts"] == 1


async def test_an_event_removed_there_and_changed_here_later_comes_back(diary: Diary) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    diary.agenda.delete(event["remote_id"])
    await diary.change(event["id"], "Kept", SOON)

    job = await diary.synced(calendar)

    assert counts(job) == (0, 1, 1)
    assert diary.there == {event["remote_id"]: "Kept"}
    assert await diary.titles(calendar) == ["Kept"]
    [conflict] = await diary.conflicts()
    assert (conflict["winner"], conflict["remote"]) == ("local", None)


async def test_an_event_removed_here_and_changed_there_later_comes_back(diary: Diary) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    await diary.remove(event["id"], -SOON)
    diary.rename("Kept")

    job = await diary.synced(calendar)

    assert counts(job) == (1, 0, 1)
    assert await diary.titles(calendar) == ["Kept"]
    [conflict] = await diary.conflicts()
    assert (conflict["winner"], conflict["local"]) == ("remote", None)


async def test_both_sides_removing_an_event_is_no_conflict(diary: Diary) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    diary.agenda.delete(event["remote_id"])
    await diary.remove(event["id"])

    job = await diary.synced(calendar)

    assert counts(job) == (0, 0, 0)
    assert (await diary.here(calendar), await diary.conflicts()) == ([], [])


async def test_an_answer_that_was_lost_makes_no_second_event_and_no_conflict(diary: Diary) -> None:
    calendar = await diary.in_step()
    ident = await diary.add(calendar, "Dentist")
    diary.sandbox.switch(
        "google", truncate=True, times=1, path="/calendar/v3/calendars/primary/events?"
    )
    diary.sandbox.clear("google")
    diary.providers["google"] = Deaf(diary.providers["google"], "insert")
    broken = await diary.synced(calendar, max_attempts=1)
    await diary.change(ident, "Dentist at ten", SOON)

    job = await diary.synced(calendar)

    assert code_of(broken) == "provider_error"
    assert counts(job) == (0, 1, 0)
    assert sorted(diary.there.values()) == ["Breakfast", "Dentist at ten"]
    assert await diary.conflicts() == []


class Deaf:
    """A provider whose calls arrive, but one kind of answer is lost, once."""

    def __init__(self, provider: Any, name: str) -> None:
        self._provider = provider
        self._lost = [name]
        self.channels = provider.channels

    def calendar(self, *about: Any) -> Any:
        return DeafCalendar(self._provider.calendar(*about), self._lost)


class DeafCalendar:
    def __init__(self, calendar: Any, lost: list[str]) -> None:
        self._calendar = calendar
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._calendar, name)

        async def call(*about: Any) -> Any:
            answer = await found(*about)
            if name in self._lost:
                self._lost.remove(name)
                from jobs.errors import ProviderError

                raise ProviderError("The line broke.")
            return answer

        return call


async def test_the_clock_finds_calendars_that_are_due_once(diary: Diary) -> None:
    calendar = await diary.take_up()
    paused = await diary.take_up(remote_id="holidays")
    await diary.set(paused, paused=True)
    now = datetime.now(UTC) + SOON

    async with diary.db() as session:
        first = await due(session, now, 10)
    async with diary.db() as session:
        second = await due(session, now, 10)
    async with diary.db() as session:
        third = await due(session, now + timedelta(minutes=15), 10)

    assert [one.unique_key for one in first] == [f"calendar:{calendar}:0"]
    assert (list(second), len(third)) == ([], 1)
