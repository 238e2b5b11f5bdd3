"""Reading a whole calendar: pages, tokens that end, a window that moves, attempts that go on."""

from datetime import UTC, datetime, timedelta

from tests.jobs.processors.diary import DAY, NOON, TODAY, Diary, counts, lost, midnight


async def test_google_may_forget_the_token_and_then_all_is_read_again(diary: Diary) -> None:
    calendar = await diary.in_step()
    stays = await diary.only(calendar)
    gone = diary.put("Nothing")
    await diary.synced(calendar)
    diary.agenda.delete(gone.id)
    diary.put("New")
    diary.agenda.generation += 1

    job = await diary.synced(calendar)
    again = await diary.synced(calendar)

    assert (counts(job), job.result.full) == ((2, 0, 0), True)
    assert counts(again) == (0, 0, 0)
    assert sorted(await diary.titles(calendar)) == ["Breakfast", "New"]
    assert (await diary.here(calendar))[0]["version"] == stays["version"]
    statuses = [call["status"] for call in diary.sandbox.calls("google")]
    assert statuses == [200, 200, 410, 200, 200]


async def test_pages_are_read_to_the_last_and_only_then_is_there_a_token(diary: Diary) -> None:
    diary.google.policy.page_size = 2
    for number in range(5):
        diary.put(f"Event {number}")
    calendar = await diary.take_up()

    job = await diary.synced(calendar)
    for ident in diary.there:
        diary.rename("Renamed", ident)
    again = await diary.synced(calendar)

    assert (counts(job), counts(again)) == ((5, 0, 0), (5, 0, 0))
    assert await diary.titles(calendar) == ["Renamed"] * 5
    assert len(diary.sandbox.calls("google")) == 6


async def test_an_event_that_changes_between_two_pages_is_not_lost(diary: Diary) -> None:
    diary.google.policy.page_size = 2
    first, *_ = [diary.put(f"Event {number}") for number in range(4)]
    calendar = await diary.take_up()

    async def change() -> None:
        diary.rename("Changed meanwhile", first.id)

    diary.after("page", change)
    await diary.synced(calendar)
    await diary.synced(calendar)

    assert "Changed meanwhile" in await diary.titles(calendar)
    assert len(await diary.here(calendar)) == 4


async def test_a_later_attempt_goes_on_with_the_page_that_the_last_one_did_not_come_to(
    diary: Diary,
) -> None:
    diary.google.policy.page_size = 1
    for number in range(4):
        diary.put(f"Event {number}")
    calendar = await diary.take_up()

    async def broken() -> None:
        diary.after("page", lost)

    diary.after("page", broken)
    job = await diary.synced(calendar)

    assert (len(job.attempts), counts(job)) == (2, (4, 0, 0))
    assert len(await diary.here(calendar)) == 4
    pages = [call["query"].get("pageToken") for call in diary.sandbox.calls("google")]
    assert (pages[0], pages[1] == pages[2], len(pages)) == (None, True, 5)


async def test_the_window_is_read_again_after_a_month_and_what_lies_before_it_is_forgotten(
    diary: Diary,
) -> None:
    calendar = await diary.in_step()
    past = await diary.add(calendar, "Long ago", NOON - timedelta(days=60))
    await diary.database.execute("UPDATE calendar_events SET pending = '' WHERE id = $1", past)
    await diary.set(calendar, full_at=datetime.now(UTC) - timedelta(days=31))

    job = await diary.synced(calendar)

    assert (job.result.full, counts(job)) == (True, (0, 0, 0))
    assert await diary.titles(calendar) == ["Breakfast"]


async def test_all_day_events_move_with_their_calendar(diary: Diary) -> None:
    diary.put_days("Fair", 1)
    calendar = await diary.take_up()
    await diary.synced(calendar)
    diary.agenda.timezone = "America/New_York"

    job = await diary.synced(calendar)

    assert counts(job) == (0, 0, 0)
    event = await diary.only(calendar)
    assert event["starts_at"] == midnight(TODAY, "America/New_York")
    assert event["ends_at"] == midnight(TODAY + DAY, "America/New_York")
