"""What an event says, how it is compared, and when a day begins."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from jobs.agenda.content import Content, midnight
from jobs.agenda.zones import clock, known

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
LUNCH = Content("Lunch", "Soup", "Kitchen", NOON, NOON + timedelta(hours=1))


def test_a_digest_tells_events_apart_by_what_their_user_can_change() -> None:
    digests = {
        LUNCH.digest,
        replace(LUNCH, title="Dinner").digest,
        replace(LUNCH, description="").digest,
        replace(LUNCH, location="Garden").digest,
        replace(LUNCH, ends_at=NOON).digest,
        replace(LUNCH, starts_on=date(2026, 11, 29), ends_on=date(2026, 11, 30)).digest,
    }

    assert len(digests) == 6
    assert replace(LUNCH, timezone="Asia/Tokyo", status="tentative").digest == LUNCH.digest


def test_the_same_moment_in_another_zone_is_the_same() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    moved = replace(LUNCH, starts_at=LUNCH.starts_at.astimezone(kathmandu))

    assert moved.digest == LUNCH.digest


def test_an_all_day_event_stays_the_same_when_its_calendar_moves() -> None:
    days: dict[str, Any] = {"starts_on": date(2026, 12, 24), "ends_on": date(2026, 12, 25)}
    fair = replace(LUNCH, **days)

    assert fair.all_day
    assert replace(fair, starts_at=NOON + timedelta(hours=7)).digest == fair.digest


def test_a_mark_names_the_event_and_what_it_said() -> None:
    ident = UUID("01a203fe-315d-7704-ba1e-0be741383f9a")

    assert LUNCH.mark(ident) == f"{ident.hex}:{LUNCH.digest}"


def test_people_are_shown_days_only_of_an_all_day_event() -> None:
    shown = LUNCH.shown()

    assert (shown["title"], shown["starts_at"]) == ("Lunch", "2026-11-29T12:00:00Z")
    assert "starts_on" not in shown


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2026, 1, 1), datetime(2025, 12, 31, 18, 15, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(2026, 1, 1), datetime(2025, 12, 31, 10, tzinfo=UTC)),
        ("America/Santiago", date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_its_own_midnight(zone: str, day: date, begins: datetime) -> None:
    assert midnight(day, clock(zone)) == begins


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe"])
def test_a_zone_that_nobody_knows_is_taken_for_utc(name: str) -> None:
    assert known(name) == "UTC"
    assert clock(name).key == "UTC"
