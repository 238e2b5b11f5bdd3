"""What somebody may want an event to say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jobs.agenda.content import Content
from jobs.agenda.zones import clock
from jobs.calendars.wanted import changed_content, new_content
from jobs.errors import InvalidCalendar

BERLIN = clock("Europe/Berlin")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMES = {"starts_at": NOW, "ends_at": NOW + HOUR}
DAYS = {"starts_on": date(2026, 12, 24), "ends_on": date(2026, 12, 26)}


def made(**given: Any) -> Content:
    return new_content(given, BERLIN, NOW)


def test_an_event_has_times_or_days() -> None:
    timed = made(title="Lunch", **TIMES, timezone="Asia/Tokyo")
    fair = made(title="Fair", **DAYS)

    expected = Content("Lunch", "", "", NOW, NOW + HOUR, timezone="Asia/Tokyo")
    assert timed == expected
    assert (fair.all_day, fair.starts_at) == (True, datetime(2026, 12, 23, 23, tzinfo=UTC))
    assert fair.ends_at - fair.starts_at == timedelta(days=2)


def test_a_change_leaves_the_rest() -> None:
    lunch = made(title="Lunch", location="Kitchen", **TIMES, timezone="Asia/Tokyo")

    renamed = changed_content(lunch, {"title": "Brunch"}, BERLIN, NOW)
    moved = changed_content(lunch, {"starts_at": NOW + HOUR, "ends_at": NOW + HOUR}, BERLIN, NOW)
    days = changed_content(lunch, DAYS, BERLIN, NOW)
    back = changed_content(days, TIMES, BERLIN, NOW)

    assert renamed == replace(lunch, title="Brunch")
    assert moved == replace(lunch, starts_at=NOW + HOUR, ends_at=NOW + HOUR)
    assert (days.all_day, days.location, days.timezone) == (True, "Kitchen", "")
    assert back == replace(lunch, timezone="")


def test_seconds_are_whole_as_they_are_there() -> None:
    begin = NOW.replace(microsecond=999_999)

    assert made(starts_at=begin, ends_at=begin).starts_at == NOW


def test_an_old_event_can_be_renamed_but_not_moved_within_the_past() -> None:
    old = replace(made(**TIMES), starts_at=NOW - timedelta(days=90), ends_at=NOW)

    assert changed_content(old, {"title": "Long ago"}, BERLIN, NOW).title == "Long ago"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/starts_at"),
        ({"starts_at": NOW}, "/ends_at"),
        ({"ends_on": date(2026, 12, 24)}, "/starts_on"),
        ({**TIMES, **DAYS}, "/starts_on"),
        ({"starts_at": NOW, "ends_at": NOW - HOUR}, "/ends_at"),
        ({"starts_on": date(2026, 12, 24), "ends_on": date(2026, 12, 24)}, "/ends_on"),
        ({"starts_at": NOW, "ends_at": NOW + timedelta(days=367)}, "/ends_at"),
        ({"starts_at": NOW + timedelta(days=366), "ends_at": NOW + timedelta(days=366)}, "/starts_at"),
        ({"starts_at": NOW - timedelta(days=32), "ends_at": NOW}, "/starts_at"),
        ({**DAYS, "timezone": "Asia/Tokyo"}, "/timezone"),
    ],
    ids=range(10),
)  # fmt: skip
def test_times_that_make_no_sense_are_refused(given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidCalendar) as caught:
        made(**given)

    assert [error["pointer"] for error in caught.value.errors] == [pointer]
