"""The policies for ticks found too late, and for ticks that would overlap an earlier one's job."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.models.policy import Missed, Overlap
from jobs.schedules.missed import DueTicks, due_ticks, without_overlap
from jobs.schedules.ticks import Rule

HOURLY = Rule(cron="0 * * * *")
GRACE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-08T{text}").replace(tzinfo=UTC)


def due(missed: Missed, first: str, now: str, most: int = 100, rule: Rule = HOURLY) -> DueTicks:
    return due_ticks(rule, at(first), at(now), missed=missed, grace=GRACE, most=most)


@pytest.mark.parametrize("missed", ["skip", "one", "all"])
def test_a_tick_found_in_time_makes_a_job_whatever_the_policy(missed: Missed) -> None:
    found = due(missed, "01:00", "01:01")

    assert found == DueTicks([at("01:00")], at("01:00"), at("02:00"))


def test_skip_drops_what_was_missed_and_keeps_what_is_in_time() -> None:
    assert due("skip", "01:00", "04:30") == DueTicks([], at("04:00"), at("05:00"), dropped=True)
    assert due("skip", "01:00", "04:00:30") == DueTicks(
        [at("04:00")], at("04:00"), at("05:00"), dropped=True
    )


def test_one_lets_the_newest_stand_for_all() -> None:
    assert due("one", "01:00", "04:30") == DueTicks(
        [at("04:00")], at("04:00"), at("05:00"), dropped=True
    )
    assert due("one", "01:00", "01:30") == DueTicks([at("01:00")], at("01:00"), at("02:00"))


def test_all_takes_each_oldest_first_and_goes_on_later() -> None:
    assert due("all", "01:00", "04:30").ticks == [at(f"0{n}:00") for n in (1, 2, 3, 4)]
    assert due("all", "01:00", "04:30", most=2) == DueTicks(
        [at("01:00"), at("02:00")], at("02:00"), at("03:00")
    )


@pytest.mark.parametrize("missed", ["one", "all"])
def test_a_single_time_that_was_missed_is_made_up_for(missed: Missed) -> None:
    once = Rule(at=at("01:00"))

    assert due(missed, "01:00", "09:00", rule=once) == DueTicks([at("01:00")], at("01:00"), None)


def test_a_single_time_that_was_missed_may_be_skipped() -> None:
    once = Rule(at=at("01:00"))

    assert due("skip", "01:00", "09:00", rule=once) == DueTicks([], at("01:00"), None, dropped=True)


@pytest.mark.parametrize("missed", ["skip", "one"])
def test_years_of_ticks_are_passed_over_without_walking_through_them(missed: Missed) -> None:
    often = Rule(every=timedelta(seconds=10), anchor=at("00:00"))
    now = at("00:00:05") + timedelta(days=3_650)

    found = due_ticks(often, at("00:00:10"), now, missed=missed, grace=GRACE, most=100)

    assert found.last == at("00:00") + timedelta(days=3_650)
    assert len(found.ticks) == (6 if missed == "skip" else 1)


@pytest.mark.parametrize(
    ("overlap", "unfinished", "expected"),
    [
        ("allow", False, [1, 2, 3]), ("allow", True, [1, 2, 3]),
        ("skip", False, [1]), ("skip", True, []),
        ("cancel_old", False, [3]), ("cancel_old", True, [3]),
    ],
)  # fmt: skip
def test_overlaps_are_decided_among_the_due_ticks_too(
    overlap: Overlap, unfinished: bool, expected: list[int]
) -> None:
    ticks = [at(f"0{hour}:00") for hour in (1, 2, 3)]

    taken = without_overlap(ticks, overlap, unfinished=unfinished)

    assert [tick.hour for tick in taken] == expected
