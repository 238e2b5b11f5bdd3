"""Google's events as JSON: what they may look like, and what of them makes no sense."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.agenda.content import Content
from jobs.agenda.zones import clock
from jobs.errors import Garbage
from jobs.providers.google_calendar import Reading, reasons
from jobs.providers.google_events import EventPage, read_event, read_page, written

BERLIN = clock("Europe/Berlin")
ID = UUID("01a203fe-315d-7704-ba1e-0be741383f9a")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
EVENT = {
    "kind": "calendar#event",
    "id": "abc",
    "etag": '"3"',
    "status": "tentative",
    "updated": "2026-11-29T10:00:00.123Z",
    "summary": "Lunch",
    "start": {"dateTime": "2026-11-29T13:00:00+01:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2026-11-29T14:00:00+01:00", "timeZone": "Europe/Berlin"},
    "attendees": [{"email": "bert@example.com"}],
}


def page_of(*items: Any, **more: Any) -> EventPage:
    return read_page({"items": list(items), "timeZone": "Europe/Berlin", **more})


def test_an_event_is_read() -> None:
    event = read_event(EVENT, BERLIN)

    assert (event.id, event.etag, event.series, event.mark) == ("abc", '"3"', "", "")
    assert event.updated_at == datetime(2026, 11, 29, 10, 0, 0, 123_000, tzinfo=UTC)
    expected = Content("Lunch", "", "", NOON, NOON + timedelta(hours=1))
    assert event.content == replace(expected, timezone="Europe/Berlin", status="tentative")


def test_a_day_of_a_series_says_which() -> None:
    told = {**EVENT, "id": "abc_20261129", "recurringEventId": "abc", "htmlLink": "https://a/b"}

    event = read_event(told, BERLIN)

    assert (event.series, event.url) == ("abc", "https://a/b")


@pytest.mark.parametrize(
    ("start", "end", "begins", "ends"),
    [
        ({"dateTime": "2026-11-29T12:00:00Z"}, None, NOON, NOON),
        (
            {"dateTime": "2026-11-29T13:00:00"},
            {"dateTime": "2026-11-29T15:00:00"},
            NOON,
            NOON + timedelta(hours=2),
        ),
        (
            {"dateTime": "2026-11-29T21:00:00", "timeZone": "Asia/Tokyo"},
            {"dateTime": "2026-11-29T13:30:00Z"},
            NOON,
            NOON + timedelta(hours=1.5),
        ),
        (
            {"dateTime": "2026-11-29T13:00:00", "timeZone": "Mars/Olympus"},
            {"dateTime": "2026-11-29T09:00:00"},
            NOON,
            NOON,
        ),
        (
            {"date": "2026-11-29"},
            {"date": "2026-11-29"},
            datetime(2026, 11, 28, 23, tzinfo=UTC),
            datetime(2026, 11, 29, 23, tzinfo=UTC),
        ),
    ],
    ids=["no end", "by the calendar's clock", "by its own clock", "ends before", "a day"],
)
def test_times_come_in_many_ways(
    start: dict[str, str], end: dict[str, str] | None, begins: datetime, ends: datetime
) -> None:
    content = read_event({**EVENT, "start": start, "end": end}, BERLIN).content

    assert content is not None
    assert (content.starts_at, content.ends_at) == (begins, ends)


def test_a_cancelled_event_may_say_nothing_but_its_id() -> None:
    event = read_event({"id": "abc", "status": "cancelled"}, BERLIN)

    assert (event.gone, event.digest, event.updated_at) == (True, "", None)


def test_a_private_event_has_times_and_no_words() -> None:
    told = {name: value for name, value in EVENT.items() if name != "summary"}

    content = read_event({**told, "description": None}, BERLIN).content

    assert content is not None
    assert (content.title, content.description, content.starts_at) == ("", "", NOON)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "text",
        {},
        {"id": ""},
        {**EVENT, "id": "a\x00b"},
        {**EVENT, "id": "x" * 1025},
        {**EVENT, "start": None},
        {**EVENT, "start": {"date": "2026-02-30"}},
        {**EVENT, "start": {"date": "2026-11-29"}},
        {**EVENT, "start": {"dateTime": "soon"}},
        {**EVENT, "start": {"dateTime": "0001-01-01T00:00:00+14:00"}},
        {**EVENT, "extendedProperties": "none"},
    ],
    ids=range(12),
)
def test_an_event_that_makes_no_sense_is_left_out_of_its_page(odd: Any) -> None:
    page = page_of(EVENT, odd)

    assert ([event.id for event in page.events], page.unreadable) == (["abc"], 1)
    with pytest.raises(Garbage):
        read_event(odd, BERLIN)


def test_what_postgres_cannot_hold_is_taken_out_of_the_words() -> None:
    content = read_event({**EVENT, "summary": "Lu\x00nch"}, BERLIN).content

    assert content is not None
    assert content.title == "Lunch"


def test_a_page_says_what_comes_next_and_what_the_calendar_is() -> None:
    page = page_of(
        EVENT, nextPageToken="p", summary="Garden", accessRole="reader", timeZone="Mars/Olympus"
    )

    assert (page.next_page, page.sync_token) == ("p", "")
    assert (page.name, page.access, page.timezone) == ("Garden", "reader", "UTC")


@pytest.mark.parametrize("odd", [None, [], "text", {"items": "none"}, {"nextSyncToken": 7}])
def test_what_is_no_page_is_garbage(odd: Any) -> None:
    with pytest.raises(Garbage):
        read_page(odd)


def test_what_is_written_comes_back_the_same() -> None:
    timed = Content("Lunch", "Soup", "Kitchen", NOON, NOON + timedelta(hours=1))
    midnight = datetime(2026, 12, 23, 23, tzinfo=UTC)
    days = replace(
        timed,
        starts_at=midnight,
        ends_at=midnight + timedelta(days=2),
        starts_on=date(2026, 12, 24),
        ends_on=date(2026, 12, 26),
    )

    for content in (timed, replace(timed, timezone="Asia/Tokyo"), days):
        event = read_event({"id": "abc", **written(content, ID)}, BERLIN)
        assert event.content == content
        assert event.mark == content.mark(ID)


def test_a_reading_asks_for_a_window_or_for_changes() -> None:
    window = Reading(window=(NOON, NOON + timedelta(days=1)), page="p").query
    changes = Reading(sync_token="s").query

    assert (window["timeMin"], window["timeMax"]) == (
        "2026-11-29T12:00:00Z",
        "2026-11-30T12:00:00Z",
    )
    assert (window["pageToken"], window["singleEvents"]) == ("p", "true")
    assert changes == {"singleEvents": "true", "maxResults": "250", "syncToken": "s"}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (None, []),
        ({"error": "text"}, []),
        ({"error": {"errors": "text"}}, []),
        ({"error": {"errors": ["text", {"reason": "rateLimitExceeded"}]}}, ["rateLimitExceeded"]),
    ],
    ids=range(4),
)
def test_reasons_are_found_in_whatever_google_says(data: Any, found: list[str]) -> None:
    assert reasons(data) == found
