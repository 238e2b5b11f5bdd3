"""The judge finds nothing in a good window, and each thing that could be wrong with one."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from jobs.ids import uuid7
from tests.simulation.judge import expected, faults
from tests.simulation.ledger import Brief, Entry, Ledger, Message, Sent
from tests.simulation.oracle import Window
from tests.simulation.people import Person

WINDOW = Window(datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 27, 12, tzinfo=UTC))
ANN = Person(
    number=1, zone="Europe/Berlin", hour=2, quiet=(time(22), time(7)), email_opt_in=True,
    email_verified=True, sms_opt_in=True, phone_verified=True, brief_email=True, opens="page",
    noisy=False, calendar=False,
)  # fmt: skip
BOB = replace(
    ANN, number=2, zone="Asia/Kathmandu", hour=7, brief_email=False, opens="never", quiet=None
)
PEOPLE = (ANN, BOB)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def good() -> Ledger:
    """Return a window in which all went well."""
    ledger = Ledger(WINDOW)
    for person in PEOPLE:
        for day, due in expected(person, WINDOW, 0).items():
            add(ledger, person, Brief(uuid7(), person.owner, day, due + MINUTE, person.brief_email))
    return ledger


def add(ledger: Ledger, person: Person, brief: Brief) -> None:
    """Add a brief, its entry, its mail and its text."""
    entry = Entry(uuid7(), person.owner, "brief_completed", brief.id, brief.at, None, {})
    mail, text = f"<{brief.id}>", f"SM{brief.id}"
    tells = [] if brief.by_email else [entry.id]
    told = brief.id if brief.by_email else None
    ledger.briefs.append(brief)
    ledger.entries.append(entry)
    ledger.mails.append(Sent(person.email, mail, brief.at))
    ledger.emails.append(Message(person.owner, person.email, mail, "sent", None, tells, told))
    ledger.texts.append(Sent(person.phone, text, awake(brief.at)))
    ledger.messages.append(Message(person.owner, person.phone, text, "queued", None, [entry.id]))


def awake(at: datetime) -> datetime:
    return at.replace(hour=12)


def test_nothing_is_wrong_with_a_good_window() -> None:
    ledger = good()

    assert faults(PEOPLE, ledger) == []
    assert len(ledger.briefs) == 8
    assert [b.at for b in ledger.briefs if b.owner == ANN.owner][1] == datetime(
        2026, 10, 25, 0, 1, tzinfo=UTC
    )


def change(list_name: str, **changed: object) -> Callable[[Ledger], None]:
    """Return what spoils a window by changing the first of a list."""

    def spoil(ledger: Ledger) -> None:
        rows = getattr(ledger, list_name)
        rows[0] = replace(rows[0], **changed)

    return spoil


def drop(list_name: str) -> Callable[[Ledger], None]:
    return lambda ledger: getattr(ledger, list_name).pop(0)


def double(list_name: str) -> Callable[[Ledger], None]:
    def spoil(ledger: Ledger) -> None:
        rows = getattr(ledger, list_name)
        rows.append(deepcopy(rows[0]))

    return spoil


def late_brief(ledger: Ledger) -> None:
    ledger.briefs[0] = replace(ledger.briefs[0], at=ledger.briefs[0].at + timedelta(minutes=15))


def repeated_hour(ledger: Ledger) -> None:
    brief = ledger.briefs[1]  # Ann's of the day on which her hour comes twice
    ledger.briefs[1] = replace(brief, at=brief.at + timedelta(hours=1))


def one_more_day(ledger: Ledger) -> None:
    ledger.briefs.append(replace(ledger.briefs[0], id=uuid7(), day=WINDOW.end.date() + DAY))


def noisy_day(ledger: Ledger) -> None:
    at = ledger.texts[-1].at
    for number in range(11):
        ledger.texts.append(Sent(BOB.phone, f"x{number}", at))
        ledger.messages.append(Message(BOB.owner, BOB.phone, f"x{number}", "sent", None, [uuid7()]))


def told_again(ledger: Ledger) -> None:
    ledger.texts.append(Sent(ANN.phone, "SMx", awake(ledger.briefs[0].at)))
    ledger.messages.append(replace(ledger.messages[0], ident="SMx"))


def mailed_in_spite_of_told_by(ledger: Ledger) -> None:
    ledger.mails.append(Sent(ANN.email, "<x>", ledger.briefs[0].at))
    entry = ledger.entries[0].id
    ledger.emails.append(Message(ANN.owner, ANN.email, "<x>", "sent", None, [entry]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (drop("briefs"), "0 briefs instead of one"),
        (double("briefs"), "2 briefs instead of one"),
        (late_brief, "instead of 2026"),
        (repeated_hour, "instead of 2026-10-25 00:00"),
        (one_more_day, "none was due"),
        (double("mails"), "came 2 times"),
        (drop("mails"), "is sent (None), came: 0"),
        (drop("emails"), "is in no row"),
        (change("emails", state="failed", error="unknown_end"), "unknown end, but 0"),
        (change("emails", brief=None), "has 0 mails"),
        (change("mails", at=WINDOW.end), "was mailed late"),
        (change("briefs", by_email=False), "has 1 mails"),
        (mailed_in_spite_of_told_by, "told by e-mail, against"),
        (change("entries", read_at=WINDOW.end), "told by SMS, against"),
        (drop("messages"), "was not told by SMS"),
        (told_again, "went by SMS 2 times"),
        (change("texts", at=datetime(2026, 10, 25, 5, 59, tzinfo=UTC)), "in quiet hours"),
        (change("texts", to="+15550000000"), "has not asked for it"),
        (drop("texts"), "never came"),
        (noisy_day, "got 12 texts on"),
    ],
    ids=range(20),
)
def test_what_is_wrong_with_a_window_is_found(spoil: Callable[[Ledger], None], words: str) -> None:
    ledger = good()

    spoil(ledger)

    assert any(words in fault for fault in faults(PEOPLE, ledger))


def test_who_wants_no_messages_gets_none() -> None:
    silent = replace(BOB, email_verified=False, sms_opt_in=False)

    found = faults((ANN, silent), good())

    assert any("told by e-mail, against" in fault for fault in found)
    assert any("told by SMS, against" in fault for fault in found)
    assert any("has not asked for it" in fault for fault in found)


def test_who_never_looks_is_briefed_less_and_less() -> None:
    window = replace(WINDOW, end=WINDOW.begin + 30 * DAY)

    days = [(day - WINDOW.begin.date()).days for day in expected(BOB, window, 0)]
    later = [(day - WINDOW.begin.date()).days for day in expected(BOB, window, 14)]

    assert days == [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 17, 19, 21, 28]
    assert later == [1, 8, 15, 22, 29]


def test_a_mail_whose_end_nobody_knows_is_a_workers_that_was_killed() -> None:
    ledger = good()
    ledger.emails[0] = replace(ledger.emails[0], state="failed", error="unknown_end")
    ledger.kills = 1

    assert faults(PEOPLE, ledger) == []
