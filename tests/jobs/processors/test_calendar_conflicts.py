"""Calendars changed on both sides: who wins, what is recorded, and what is known to be our own."""

from datetime import timedelta

import pytest

from tests.jobs.processors.diary import SOON, Diary, code_of, counts, lost


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


async def test_what_google_will_never_take_goes_back_and_is_recorded(diary: Diary) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    await diary.change(event["id"], "Mine now")
    await diary.add(calendar, "Not allowed")
    diary.agenda.access = "reader"

    job = await diary.synced(calendar)

    assert counts(job) == (2, 0, 2)
    assert await diary.titles(calendar) == ["Breakfast"]
    assert list(diary.there.values()) == ["Breakfast"]
    found = await diary.conflicts()
    assert {(one["winner"], one["reason"]) for one in found} == {("remote", "refused")}
    assert {one["local"]["title"] for one in found} == {"Mine now", "Not allowed"}
    assert "need to have writer access" in found[0]["problem"]


async def test_somebody_faster_between_reading_and_telling_is_not_overwritten(
    diary: Diary,
) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    await diary.change(event["id"], "Ours", -SOON)

    async def faster() -> None:
        diary.rename("Theirs")

    diary.after("page", faster)
    job = await diary.synced(calendar)

    assert counts(job) == (1, 0, 1)
    assert (await diary.titles(calendar), list(diary.there.values())) == (["Theirs"], ["Theirs"])
    assert [call["status"] for call in diary.sandbox.calls("google")][-2:] == [412, 200]


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


async def test_an_answer_that_was_lost_makes_no_second_event_and_no_conflict(diary: Diary) -> None:
    calendar = await diary.in_step()
    ident = await diary.add(calendar, "Dentist")
    diary.after("insert", lost)
    broken = await diary.synced(calendar, max_attempts=1)
    await diary.change(ident, "Dentist at ten", SOON)

    job = await diary.synced(calendar)

    assert code_of(broken) == "provider_error"
    assert counts(job) == (0, 1, 0)
    assert sorted(diary.there.values()) == ["Breakfast", "Dentist at ten"]
    assert await diary.conflicts() == []


@pytest.mark.parametrize("call", ["insert", "change", "remove"])
async def test_a_push_whose_answer_was_lost_is_settled_by_the_next_attempt(
    diary: Diary, call: str
) -> None:
    calendar = await diary.in_step()
    event = await diary.only(calendar)
    if call == "insert":
        await diary.add(calendar, "Dentist")
    elif call == "change":
        await diary.change(event["id"], "Brunch")
    else:
        await diary.remove(event["id"])
    diary.after(call, lost)

    job = await diary.synced(calendar)

    assert (job.error, len(job.attempts), job.result.conflicts) == (None, 2, 0)
    assert await diary.titles(calendar) == sorted(diary.there.values())
    assert {row["pending"] for row in await diary.here(calendar)} <= {""}
    assert await diary.conflicts() == []
