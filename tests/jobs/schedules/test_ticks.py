"""Ticks of every rule, their ids and their jitter; a week of them over both clock changes in 30 zones."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.errors import InvalidSchedule
from jobs.schedules.cron import instant
from jobs.schedules.ticks import Rule, between, jitter, job_id, newest, next_after
from jobs.zones import zone, zones

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
ONE, TWO = (UUID(int=n) for n in (1, 2))

ZONES = [
    "America/New_York", "America/Los_Angeles", "America/Chicago", "America/Denver", "America/Halifax",
    "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion", "America/Nuuk",
    "America/Phoenix", "America/Sao_Paulo", "Europe/Berlin", "Europe/London", "Europe/Lisbon",
    "Europe/Athens", "Europe/Istanbul", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
    "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe",
    "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland", "Pacific/Chatham",
    "Antarctica/Troll",
]  # fmt: skip


def test_every_counts_absolute_time_from_the_anchor_on() -> None:
    rule = Rule(every=timedelta(hours=6), timezone="America/New_York", anchor=NOON)

    assert next_after(rule, NOON - timedelta(days=9)) == NOON + timedelta(hours=6)
    assert next_after(rule, NOON) == NOON + timedelta(hours=6)
    assert next_after(rule, NOON + timedelta(hours=6)) == NOON + timedelta(hours=12)
    assert next_after(rule, NOON + timedelta(hours=7)) == NOON + timedelta(hours=12)


def test_at_comes_once() -> None:
    rule = Rule(at=NOON)

    assert next_after(rule, NOON - timedelta(microseconds=1)) == NOON
    assert next_after(rule, NOON) is None
    assert between(rule, NOON - timedelta(days=1), NOON, 5) == [NOON]


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "America", "europe/berlin", "EST5EDT\x00",
     "right/UTC", "posix/UTC", "localtime", "a" * 10_000, "\ud800"],
)  # fmt: skip
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidSchedule) as refused:
        zone(name)

    assert refused.value.errors[0]["pointer"] == "/timezone"


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Etc/GMT+5"])
def test_iana_zones_are_known(name: str) -> None:
    assert zone(name).key == name


CRONS = ["*/15 * * * *", "30 2 * * *", "0 0 * * *", "0 * * * *", "*/20 1-3 * * *", "5 0,12 1 * MON"]
RULES = st.one_of(
    st.builds(
        lambda c, z: Rule(cron=c, timezone=z), st.sampled_from(CRONS), st.sampled_from(ZONES)
    ),
    st.builds(
        lambda s: Rule(every=timedelta(seconds=s), anchor=NOON),
        st.floats(10, 90_000, allow_nan=False),
    ),
    st.builds(lambda m: Rule(at=NOON + timedelta(minutes=m)), st.integers(-3_000, 3_000)),
)
MOMENTS = st.integers(-40_000_000, 40_000_000).map(lambda s: NOON + timedelta(seconds=s))


@settings(max_examples=200, deadline=None)
@given(rule=RULES, moment=MOMENTS)
def test_the_next_tick_is_always_later(rule: Rule, moment: datetime) -> None:
    tick = next_after(rule, moment)

    assert tick is None or (tick > moment and tick.utcoffset() == timedelta(0))


@settings(max_examples=100, deadline=None)
@given(rule=RULES, moment=MOMENTS, hours=st.integers(0, 60), most=st.integers(0, 20))
def test_between_is_one_tick_after_the_other(
    rule: Rule, moment: datetime, hours: int, most: int
) -> None:
    until = moment + timedelta(hours=hours)
    expected: list[datetime] = []
    tick = next_after(rule, moment)
    while tick is not None and tick <= until and len(expected) < most:
        expected.append(tick)
        tick = next_after(rule, tick)

    assert between(rule, moment, until, most) == expected


@settings(max_examples=100, deadline=None)
@given(rule=RULES, moment=MOMENTS, hours=st.integers(0, 48), minutes=st.integers(0, 59))
def test_a_tick_is_the_same_from_wherever_one_looks(
    rule: Rule, moment: datetime, hours: int, minutes: int
) -> None:
    tick = next_after(rule, moment)
    if tick is None:
        return

    looked = max(moment, tick - timedelta(hours=hours, minutes=minutes, microseconds=1))

    assert next_after(rule, looked) == tick


@settings(max_examples=100, deadline=None)
@given(rule=RULES, moment=MOMENTS, hours=st.integers(0, 72))
def test_the_newest_tick_is_found_without_walking_there(
    rule: Rule, moment: datetime, hours: int
) -> None:
    first = next_after(rule, moment)
    if first is None:
        return
    until = first + timedelta(hours=hours)

    assert newest(rule, first, until) == [first, *between(rule, first, until, 100_000)][-1]


@pytest.mark.parametrize("name", ZONES)
def test_a_week_over_both_clock_changes(name: str) -> None:
    """What was promised, told without the code that keeps it: minute by minute on the wall."""
    there = ZoneInfo(name)
    for around in changes_of(there, 2026) or [NOON]:
        begin, end = around - timedelta(days=4), around + timedelta(days=3)
        daily = between(Rule(cron="30 2 * * *", timezone=name), begin, end, 99)
        hourly = between(Rule(cron="30 * * * *", timezone=name), begin, end, 999)
        quarters = between(Rule(cron="*/15 * * * *", timezone=name), begin, end, 999)
        six_hours = between(
            Rule(every=timedelta(hours=6), timezone=name, anchor=begin), begin, end, 99
        )

        days = [tick.astimezone(there).date() for tick in daily]
        assert {(b - a).days for a, b in pairwise(days)} == {1}
        minutes = [begin + timedelta(minutes=m) for m in range(1, 7 * 24 * 60 + 1)]
        shown = {minute: minute.astimezone(there).minute for minute in minutes}
        assert hourly == [minute for minute in minutes if shown[minute] == 30]
        assert quarters == [minute for minute in minutes if shown[minute] % 15 == 0]
        assert {b - a for a, b in pairwise(six_hours)} == {timedelta(hours=6)}


def test_most_of_those_zones_do_change_their_clocks() -> None:
    changing = [name for name in ZONES if len(changes_of(ZoneInfo(name), 2026)) == 2]

    assert (len(ZONES), len(changing) > 20) == (30, True)
    assert set(ZONES) <= zones()


def changes_of(there: ZoneInfo, year: int) -> list[datetime]:
    """Return when clocks change in ``year``, to the hour."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(365 * 24)]
    offsets = [hour.astimezone(there).utcoffset() for hour in hours]
    return [hour for hour, (a, b) in zip(hours[1:], pairwise(offsets), strict=True) if a != b]


def test_a_local_time_that_is_skipped_is_the_moment_of_the_leap() -> None:
    leap = instant(datetime.fromisoformat("2026-03-08T02:30"), ZoneInfo("America/New_York"))

    assert leap == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_jitter_is_the_same_everywhere_and_stays_within_its_bound() -> None:
    ticks = [NOON + timedelta(minutes=n) for n in range(500)]
    most = timedelta(minutes=5)

    spread = [jitter(ONE, tick, most) for tick in ticks]

    assert spread == [jitter(ONE, tick, most) for tick in ticks]
    assert all(timedelta(0) <= late < most for late in spread)
    assert max(spread) - min(spread) > most * 0.9
    assert jitter(ONE, NOON, most) != jitter(TWO, NOON, most)
    assert jitter(ONE, NOON, timedelta(0)) == timedelta(0)


def test_a_ticks_job_id_is_a_uuid7_of_its_time_and_nobody_elses() -> None:
    ids = [
        job_id(schedule, NOON + timedelta(seconds=n)) for schedule in (ONE, TWO) for n in range(99)
    ]

    assert len(set(ids)) == len(ids)
    assert job_id(ONE, NOON) == ids[0]
    assert (ids[0].version, ids[0].variant) == (7, "specified in RFC 4122")
    assert ids[0].int >> 80 == int(NOON.timestamp() * 1000)
    assert ids[:99] == sorted(ids[:99])
