"""Cron expressions on the days when clocks change, and expressions that are none."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.errors import InvalidSchedule
from jobs.schedules.cron import LONGEST, read_cron

# zone, expression, a moment in UTC before the change, the ticks after it by the local clock
CHANGES = [
    # New York: 2026-03-08 02:00 → 03:00, 2026-11-01 02:00 → 01:00
    ("America/New_York", "30 2 * * *", "2026-03-07 12:00",
     ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
    ("America/New_York", "0,30 2 * * *", "2026-03-07 12:00",
     ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]),
    ("America/New_York", "0 2,3 * * *", "2026-03-07 12:00",
     ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]),
    ("America/New_York", "30 2,3 * * *", "2026-03-07 12:00",
     ["2026-03-08T03:00-04:00", "2026-03-08T03:30-04:00", "2026-03-09T02:30-04:00"]),
    ("America/New_York", "30 1 * * *", "2026-10-31 12:00",
     ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
    ("America/New_York", "30 1 * * *", "2026-11-01 06:10", ["2026-11-02T01:30-05:00"]),
    ("America/New_York", "*/30 1 * * *", "2026-11-01 04:00",
     ["2026-11-01T01:00-04:00", "2026-11-01T01:30-04:00", "2026-11-01T01:00-05:00",
      "2026-11-01T01:30-05:00", "2026-11-02T01:00-05:00"]),
    ("America/New_York", "0 * * * *", "2026-03-08 05:30",
     ["2026-03-08T01:00-05:00", "2026-03-08T03:00-04:00"]),
    ("America/New_York", "15 30 2 * * *", "2026-03-07 12:00",
     ["2026-03-08T03:00:15-04:00", "2026-03-09T02:30:15-04:00"]),
    # Berlin: 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00
    ("Europe/Berlin", "15 2 * * *", "2026-03-28 12:00",
     ["2026-03-29T03:00+02:00", "2026-03-30T02:15+02:00"]),
    ("Europe/Berlin", "15 2 * * *", "2026-10-24 12:00",
     ["2026-10-25T02:15+02:00", "2026-10-26T02:15+01:00"]),
    ("Europe/Berlin", "0 9 * * MON-FRI", "2026-03-26 12:00",
     ["2026-03-27T09:00+01:00", "2026-03-30T09:00+02:00"]),
    # Lord Howe moves by half an hour: 2026-04-05 02:00 → 01:30, 2026-10-04 02:00 → 02:30
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03 00:00",
     ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]),
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04 00:00",
     ["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"]),
    ("Australia/Lord_Howe", "*/15 1 * * *", "2026-04-04 13:30",
     ["2026-04-05T01:00+11:00", "2026-04-05T01:15+11:00", "2026-04-05T01:30+11:00",
      "2026-04-05T01:45+11:00", "2026-04-05T01:30+10:30", "2026-04-05T01:45+10:30"]),
    ("Australia/Lord_Howe", "*/10 3 * * *", "2026-10-03 15:00",
     ["2026-10-04T03:00+11:00", "2026-10-04T03:10+11:00"]),
    # Midnight itself is skipped in Cairo (2026-04-24) and comes twice in Havana (2026-11-01)
    ("Africa/Cairo", "0 0 * * *", "2026-04-23 12:00",
     ["2026-04-24T01:00+03:00", "2026-04-25T00:00+03:00"]),
    ("Africa/Cairo", "*/30 * 24 4 *", "2026-04-23 12:00", ["2026-04-24T01:00+03:00"]),
    ("America/Havana", "30 0 * * *", "2026-10-31 12:00",
     ["2026-11-01T00:30-04:00", "2026-11-02T00:30-05:00"]),
    # None: Kathmandu (+05:45), Chatham is odd and changes, Tokyo never does
    ("Asia/Kathmandu", "0 0 * * *", "2026-03-28 12:00",
     ["2026-03-29T00:00+05:45", "2026-03-30T00:00+05:45"]),
    ("Asia/Kathmandu", "*/20 7 * * *", "2026-03-28 00:00",
     ["2026-03-28T07:00+05:45", "2026-03-28T07:20+05:45"]),
    ("Pacific/Chatham", "0 3 * * *", "2026-04-03 13:30",
     ["2026-04-05T03:00+13:45", "2026-04-06T03:00+12:45"]),
    ("Asia/Tokyo", "30 2 * * *", "2026-03-07 12:00",
     ["2026-03-08T02:30+09:00", "2026-03-09T02:30+09:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "text", "moment", "expected"), CHANGES)
def test_ticks_on_days_of_clock_changes(
    zone: str, text: str, moment: str, expected: list[str]
) -> None:
    ticks = ticks_after(text, zone, at(moment), len(expected))

    assert [tick.astimezone(ZoneInfo(zone)).isoformat() for tick in ticks] == [
        datetime.fromisoformat(local).isoformat() for local in expected
    ]


def test_days_of_month_and_week_both_count_only_beside_a_star() -> None:
    either = ticks_after("0 0 13 * FRI", "UTC", at("2026-03-01 00:00"), 3)
    both = ticks_after("0 0 */13 * FRI", "UTC", at("2026-03-01 00:00"), 2)

    assert [t.day for t in either] == [6, 13, 20]
    assert [(t.month, t.day, t.weekday()) for t in both] == [(3, 27, 4), (5, 1, 4)]


def test_last_days_and_numbered_weekdays_are_understood() -> None:
    assert ticks_after("0 0 L * *", "UTC", at("2026-02-01 00:00"), 1)[0].day == 28
    assert ticks_after("0 0 LW 2 *", "UTC", at("2026-02-01 00:00"), 1)[0].day == 27
    assert ticks_after("0 0 * * MON#2", "UTC", at("2026-02-01 00:00"), 1)[0].day == 9


def test_the_29th_of_february_comes_every_four_years() -> None:
    found = ticks_after("0 12 29 2 *", "Europe/Berlin", at("2026-01-01 00:00"), 2)

    assert [tick.date().isoformat() for tick in found] == ["2028-02-29", "2032-02-29"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("* * * * *", 60), ("*/5 * * * *", 300), ("0 * * * *", 3_600), ("0 6,7 * * *", 3_600),
        ("0 0 * * *", 86_400), ("*/10 * * * * *", 10), ("0,55 * * * * *", 5), ("7 * * * * *", 60),
    ],
)  # fmt: skip
def test_the_shortest_time_between_ticks_is_known(text: str, seconds: int) -> None:
    assert read_cron(text).shortest_gap == timedelta(seconds=seconds)


NONE = [
    "", " ", "*", "* * * *", "* * * * * * *", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *",
    "* * 32 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "*/ * * * *", ", * * * *",
    "1,, * * * *", "a * * * *", "-1 * * * *", "1.5 * * * *", "٣ * * * *", "\x00 * * * *", "0 0 31 2 *",
    "0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * * * MON#6", "* * * * L", "²L * * * ²L", "?" * 9,
    "* * * * *" + " " * LONGEST + "*", "1," * 10_000 + "1 * * * *", "9" * 100_000 + " * * * *",
    "*/" * 50_000 + "1 * * * *", "1-" * 50_000 + "1 * * * *",
]  # fmt: skip


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_what_is_no_expression_is_refused_at_once(text: str) -> None:
    began = time.thread_time()

    with pytest.raises(InvalidSchedule) as refused:
        read_cron(text)

    assert refused.value.errors[0]["pointer"] == "/cron"
    assert time.thread_time() - began < 0.05


@settings(deadline=None)
@given(st.text(alphabet="0123456789*/,-#LWMONFEB \x00é", max_size=40))
def test_any_text_is_an_expression_or_is_refused(text: str) -> None:
    try:
        cron = read_cron(text)
    except InvalidSchedule:
        return

    tick = cron.next_after(at("2026-03-01 00:00"), ZoneInfo("America/New_York"))
    assert tick is None or tick > at("2026-03-01 00:00")


def test_an_expression_that_no_date_meets_never_comes() -> None:
    began = time.thread_time()

    assert read_cron("0 0 */31 * MON#2").next_after(at("2026-03-01 00:00"), ZoneInfo("UTC")) is None
    assert time.thread_time() - began < 0.5


FIELDS = [
    st.sampled_from(["0", "30", "15,45", "*", "*/7", "5-20/3"]),
    st.sampled_from(["0", "1", "2", "2,3", "*", "*/2", "0-5", "23"]),
    st.sampled_from(["*", "1", "8", "29", "*/5", "L"]),
    st.sampled_from(["*", "3", "10,11", "4-9"]),
    st.sampled_from(["*", "SUN", "MON-FRI", "SAT#1"]),
]
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
WHOLE_HOURS = ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Pacific/Chatham", "UTC"]


@settings(max_examples=200, deadline=None)
@given(
    text=st.tuples(*FIELDS).map(" ".join),
    zone=st.sampled_from(WHOLE_HOURS),
    moment=st.integers(0, 6 * 366 * 24 * 60).map(lambda n: SINCE + timedelta(minutes=n)),
)
def test_where_clocks_move_by_whole_hours_cronsim_agrees(
    text: str, zone: str, moment: datetime
) -> None:
    theirs = CronSim(text, moment.astimezone(ZoneInfo(zone)))
    expected = (tick.astimezone(UTC) for tick in theirs)

    later = [tick for tick in islice(expected, 8) if tick > moment][:5]

    assert ticks_after(text, zone, moment, len(later)) == later


def ticks_after(text: str, zone: str, moment: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    for _ in range(count):
        tick = read_cron(text).next_after(found[-1] if found else moment, ZoneInfo(zone))
        assert tick is not None
        found.append(tick)
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
