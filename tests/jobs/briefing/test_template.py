"""The brief as it reads without a model: every fact once, on the reader's clock, nothing that formats."""

from datetime import date

import pytest

from jobs.briefing.planned import Event, Plan, Project, grouped, on_day
from jobs.briefing.template import MOST_LINES, Words, hours, markdown, plain_words
from jobs.zones import zone
from tests.jobs.briefing.days import TODAY, event, task

BERLIN = zone("Europe/Berlin")
FULL = """**Sunday, 29 November 2026**

2 events, 1 task due, 1 overdue, 3 more to look at.

## Calendar

- **All day** Anna's birthday
- **09:00–09:15** Stand-up · Room 2

## Overdue

- Pay \\*the\\* rent · since 26 November, 3 days · *House*

## Due today

- Call Mum

## In hand

- Write the report · due 24 December

## In the next days

- Buy seeds · due tomorrow · *Garden*

## Urgent, without a date

- Back up

## Projects

- **Garden** · 3 open tasks · due 1 December
- **House** · 1 open task · was due 1 November
"""


def full_plan() -> Plan:
    tasks = [
        task("Pay *the* rent", "2026-11-26", project="House"),
        task("Call Mum", "2026-11-29"),
        task("Write the report", "2026-12-24", status="doing"),
        task("Buy seeds", "2026-11-30", project="Garden"),
        task("Back up", priority=3),
    ]
    events = [
        event("Stand-up", "2026-11-29T08:00", "2026-11-29T08:15", location="Room 2"),
        event("Anna's birthday", "2026-11-28T23:00", "2026-11-29T23:00", all_day=True),
    ]
    projects = [
        Project("Garden", date(2026, 12, 1), 3),
        Project("House", date(2026, 11, 1), 1),
    ]
    return Plan(TODAY, BERLIN, grouped(tasks, TODAY), projects, on_day(events, TODAY, BERLIN))


def test_a_full_day_reads_like_this() -> None:
    plan = full_plan()
    words = plain_words(plan)

    assert words.title == "Sunday, 29 November: 2 events, 1 task due, 1 overdue, 3 more to look at"
    assert markdown(plan, words) == FULL


def test_an_empty_day_says_so() -> None:
    plan = Plan(TODAY, BERLIN)
    words = plain_words(plan)

    assert words.title == "Sunday, 29 November: a free day"
    assert markdown(plan, words) == (
        "**Sunday, 29 November 2026**\n\nNothing is planned for today.\n"
    )


def test_a_models_words_stand_around_the_facts_and_format_nothing() -> None:
    plan = full_plan()
    words = Words("Title", "Good *morning* [x](y)!", ("# Rent first",), "Bye <b>")

    said = markdown(plan, words)

    facts = FULL.split("more to look at.\n\n")[1]
    assert said == (
        "**Sunday, 29 November 2026**\n\nGood \\*morning\\* \\[x\\](y)!\n\n## Focus\n\n- \\# Rent first\n\n"
        f"{facts}\nBye \\<b\\>\n"
    )


def test_a_long_list_is_cut_and_says_so() -> None:
    tasks = [task(f"t{number}", "2026-11-29") for number in range(MOST_LINES + 5)]
    plan = Plan(TODAY, BERLIN, grouped(tasks, TODAY))

    said = markdown(plan, plain_words(plan))

    assert said.count("- t") == MOST_LINES
    assert said.endswith("- and 5 more\n")
    assert "15 tasks due" in said


@pytest.mark.parametrize(
    ("starts", "ends", "told"),
    [
        ("2026-11-29T08:00", "2026-11-29T09:30", "09:00–10:30"),
        ("2026-11-29T08:00", "2026-11-29T08:00", "09:00"),
        ("2026-11-28T20:00", "2026-11-29T06:00", "until 07:00"),
        ("2026-11-29T21:00", "2026-11-30T05:00", "from 22:00"),
        ("2026-11-28T21:00", "2026-11-30T05:00", "All day"),
        ("2026-11-28T23:00", "2026-11-29T23:00", "00:00–00:00"),
    ],
)
def test_hours_are_told_on_the_readers_clock(starts: str, ends: str, told: str) -> None:
    assert hours(event("a", starts, ends), Plan(TODAY, BERLIN)) == told


def test_hours_of_the_day_on_which_the_clock_changes() -> None:
    day = date(2026, 10, 25)
    both: Event = event("a", "2026-10-25T00:30", "2026-10-25T02:30")  # 02:30 twice, then 03:30

    assert hours(both, Plan(day, BERLIN)) == "02:30–03:30"


def test_an_invitation_without_a_title_is_busy() -> None:
    plan = Plan(TODAY, BERLIN, events=[event("", "2026-11-29T08:00", "2026-11-29T09:00")])

    assert "- **09:00–10:00** Busy\n" in markdown(plan, plain_words(plan))
