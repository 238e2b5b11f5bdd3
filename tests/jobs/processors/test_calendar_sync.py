"""Kind ``calendar_sync`` on the bench: the sandbox's Google Calendar over loopback, a real database."""

from datetime import UTC, datetime, timedelta

from jobs.kept.calendars import events_between
from jobs.processors.calendar_sync import due
from tests.jobs.processors.diary import DAY, NOON, SOON, TODAY, Diary, counts, midnight


async def test_what_is_there_comes_here(diary: Diary) -> None:
    diary.put("Lunch", location="Kitchen", description="Soup")
    diary.put("Standup", NOON - timedelta(hours=3))
    diary.put_days("Fair", 2)
    calendar = await diary.take_up()

    job = await diary.synced(calendar)

    assert counts(job) == (3, 0, 0)
    assert job.result.full
    found = {row["title"]: row for row in await diary.here(calendar)}
    assert (found["Lunch"]["location"], found["Lunch"]["description"]) == ("Kitchen", "Soup")
    assert found["Lunch"]["starts_at"] == NOON
    assert found["Fair"]["all_day"]
    assert found["Fair"]["starts_at"] == midnight(TODAY, "Europe/Berlin")
    assert (found["Fair"]["starts_on"], found["Fair"]["ends_on"]) == (TODAY, TODAY + 2 * DAY)
    row = await diary.calendar(calendar)
    assert (row["own_name"], row["timezone"], row["access"]) == (
        "The garden",
        "Europe/Berlin",
        "owner",
    )
    [said] = job.notifications
    assert (said.name, said.data["name"]) == ("calendar_sync_completed", "The garden")


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


async def test_what_is_said_during_a_sync_is_done_before_it_ends(diary: Diary) -> None:
    calendar = await diary.in_step()

    async def meanwhile() -> None:
        await diary.add(calendar, "Quickly")
        await diary.write("UPDATE calendars SET touches = touches + 1")

    diary.after("page", meanwhile)
    late = diary.put("A change to be read")
    diary.after("insert", meanwhile)
    job = await diary.synced(calendar)

    assert job.error is None
    assert sorted(diary.there.values()) == [
        "A change to be read",
        "Breakfast",
        "Quickly",
        "Quickly",
    ]
    assert late.id in {row["remote_id"] for row in await diary.here(calendar)}
    row = await diary.calendar(calendar)
    assert (row["syncing_job"], row["round"]) == (None, 2)


async def test_a_paused_calendar_is_left_alone(diary: Diary) -> None:
    calendar = await diary.take_up()
    await diary.set(calendar, paused=True)

    job = await diary.synced(calendar)

    assert (job.result.skipped, diary.sandbox.calls("google")) == ("paused", [])
    assert (await diary.calendar(calendar))["syncing_job"] is None


async def test_what_the_clock_does_is_no_news(diary: Diary) -> None:
    calendar = await diary.in_step()
    diary.rename("Late breakfast")

    by_clock = await diary.synced(calendar, metadata={"tick": "now"})
    by_somebody = await diary.synced(calendar)

    assert [len(job.notifications) for job in (by_clock, by_somebody)] == [0, 1]


async def test_a_brief_finds_what_lies_between_two_moments(diary: Diary) -> None:
    diary.put("Lunch", location="Kitchen")
    diary.put("Tomorrow", NOON + timedelta(days=1))
    diary.put_days("Fair", 1)
    calendar = await diary.take_up()
    await diary.synced(calendar)
    hidden = await diary.add(calendar, "Removed")
    await diary.remove(hidden)
    begin = NOON.replace(hour=0)

    async with diary.db() as session:
        found = await events_between(session, *diary.owner, begin, begin + timedelta(days=1), 10)
        others = await events_between(session, "acme", "bert", begin, begin + timedelta(days=1), 10)

    assert [(one.title, one.all_day) for one in found] == [("Fair", True), ("Lunch", False)]
    assert (found[1].location, found[1].calendar_name) == ("Kitchen", "The garden")
    assert others == []


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
