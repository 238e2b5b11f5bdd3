"""What becomes of one entry, decided without servers: which way it goes now and what waits."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from jobs.handoff.message import LONGEST_SMS, EmailArgs, SmsArgs, args_of
from jobs.handoff.plan import Plan, plan
from jobs.ids import uuid7
from jobs.store import PreferencesRow, Unseen

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROW = PreferencesRow(
    org_id="acme",
    user_id="anna",
    timezone="Europe/Berlin",
    quiet_from=None,
    quiet_until=None,
    urgent_failures=False,
    email="anna@example.com",
    email_opt_in=True,
    email_verified_at=None,
    phone="+4930123456",
    sms_opt_in=True,
    phone_verified_at=None,
    webhook_opt_in=True,
    about="all",
    names=[],
    handoff_seconds=None,
    brief_opt_in=False,
    brief_hour=7,
    brief_email=False,
    handed_off_at=None,
    updated_at=NOW,
)
QUIET = replace(ROW, quiet_from=time(13, 0), quiet_until=time(15, 0))  # in Berlin: 11 to 13 UTC
QUIET_ENDS = NOW.replace(hour=13)


def unseen(name: str = "job.succeeded", age: timedelta = MINUTE, **changed: Any) -> Unseen:
    known: dict[str, Any] = {
        "handed_off": {},
        "seen": False,
        "by_handoff": False,
        "hooked": False,
        "data": {},
    }
    known |= changed
    return Unseen(
        id=uuid7(), org_id="acme", user_id="anna", name=name, created_at=NOW - age, now=NOW, **known
    )


@pytest.mark.parametrize(
    ("entry", "wishes", "expected"),
    [
        (unseen(), ROW, Plan(("email", "sms"))),
        (unseen(hooked=True, seen=True), ROW, Plan()),
        (unseen(hooked=True), ROW, Plan(("webhook", "email", "sms"))),
        (unseen(), replace(ROW, email_opt_in=False), Plan(("sms",))),
        (unseen(), replace(ROW, sms_opt_in=False), Plan(("email",))),
        (unseen(), replace(ROW, email=None, phone=None), Plan()),
        (unseen(), None, Plan()),
        (unseen(hooked=True), None, Plan(("webhook",))),
        (unseen(hooked=True), replace(ROW, webhook_opt_in=False), Plan(("email", "sms"))),
        (unseen(handed_off={"email": "job:1"}), ROW, Plan(("sms",))),
        (unseen(handed_off={"email": "job:1", "sms": "not_available"}), ROW, Plan()),
        (unseen(hooked=True, handed_off={"webhook": "told"}), None, Plan()),
        (unseen(data={"told_by": ["email"]}), ROW, Plan(("sms",))),
        (unseen(data={"told_by": ["sms", "email"]}, hooked=True), ROW, Plan(("webhook",))),
        (unseen(data={"told_by": "email"}), ROW, Plan(("email", "sms"))),
        (unseen(data=["told_by"]), ROW, Plan(("email", "sms"))),
        (unseen("brief_email_sent", by_handoff=True), ROW, Plan()),
        (unseen("brief_email_sent", by_handoff=True, hooked=True), ROW, Plan(("webhook",))),
    ],
)
def test_an_entry_goes_each_way_that_was_chosen_once(
    entry: Unseen, wishes: PreferencesRow | None, expected: Plan
) -> None:
    assert plan(entry, wishes, MINUTE) == expected


@pytest.mark.parametrize(
    ("age", "seconds", "again"),
    [(59, None, 1), (60, None, None), (60, 300, 240), (300, 300, None), (9, 10, 1), (10, 10, None)],
)
def test_devices_have_as_long_as_the_user_says(
    age: int, seconds: int | None, again: int | None
) -> None:
    wishes = replace(ROW, handoff_seconds=seconds)

    found = plan(unseen(age=timedelta(seconds=age), hooked=True), wishes, MINUTE)

    if again is None:
        assert found == Plan(("webhook", "email", "sms"))
    else:
        assert found == Plan((), NOW + timedelta(seconds=again))


@pytest.mark.parametrize(
    ("about", "names", "name", "wanted"),
    [
        ("all", [], "job.succeeded", True),
        ("failures", [], "job.succeeded", False),
        ("failures", [], "job.cancelled", False),
        ("failures", [], "job.failed", True),
        ("failures", [], "job.expired", True),
        ("failures", [], "webhook.disabled", True),
        ("failures", [], "brief_failed", True),
        ("failures", [], "brief_completed", False),
        ("names", ["brief_completed"], "brief_completed", True),
        ("names", ["brief_completed"], "job.failed", False),
    ],
)
def test_only_what_the_user_wants_to_hear_of_goes_anywhere(
    about: str, names: list[str], name: str, wanted: bool
) -> None:
    wishes = replace(ROW, about=about, names=names)

    found = plan(unseen(name, hooked=True), wishes, MINUTE)

    assert found == Plan(("webhook", "email", "sms") if wanted else ())


def test_in_quiet_hours_messages_wait_and_webhooks_do_not() -> None:
    assert plan(unseen(hooked=True), QUIET, MINUTE) == Plan(("webhook",), QUIET_ENDS)


@pytest.mark.parametrize(
    ("name", "urgent", "waits"),
    [("job.failed", True, False), ("job.failed", False, True), ("job.succeeded", True, True)],
)
def test_urgent_failures_go_through_quiet_hours(name: str, urgent: bool, waits: bool) -> None:
    found = plan(unseen(name), replace(QUIET, urgent_failures=urgent), MINUTE)

    assert found == (Plan((), QUIET_ENDS) if waits else Plan(("email", "sms")))


@pytest.mark.parametrize(("seconds", "again"), [(1, 59), (59, 1), (60, None), (6000, None)])
def test_after_a_message_the_next_waits_as_long_as_the_delay(
    seconds: int, again: int | None
) -> None:
    wishes = replace(ROW, handed_off_at=NOW - timedelta(seconds=seconds), urgent_failures=True)

    found = plan(unseen("job.failed"), wishes, MINUTE)

    expected = Plan(("email", "sms"))
    assert found == (expected if again is None else Plan((), NOW + timedelta(seconds=again)))


def test_a_zone_that_is_gone_from_the_tables_is_utc() -> None:
    found = plan(unseen(), replace(QUIET, timezone="Mars/Olympus"), MINUTE)

    assert found == Plan(("email", "sms"))


def test_one_entry_is_told_in_a_few_words() -> None:
    entry = unseen("job.failed", data={"kind": "daily_brief", "state": "failed"})

    mail, sms = args_of("email", [entry], ROW), args_of("sms", [entry], ROW)

    assert isinstance(mail, EmailArgs)
    assert (mail.to, mail.subject) == ("anna@example.com", "daily_brief failed")
    assert mail.text.startswith("2026-06-01 13:59  daily_brief failed\n")
    assert mail.inbox_ids == [entry.id]
    assert sms == SmsArgs(
        to="+4930123456", text="daily_brief failed", urgent=False, inbox_ids=[entry.id]
    )


def test_many_entries_make_one_message_of_bounded_length() -> None:
    entries = [unseen("brief_completed") for _ in range(997)] + [unseen("job.failed")] * 3

    mail = args_of("email", entries, ROW)
    sms = args_of("sms", entries, replace(ROW, urgent_failures=True))

    assert isinstance(mail, EmailArgs)
    assert isinstance(sms, SmsArgs)
    assert mail.subject == "1000 notifications, 3 of failures: brief completed, …"
    assert (len(mail.text.splitlines()), "and 980 more" in mail.text) == (23, True)
    assert (len(mail.inbox_ids), sms.urgent, len(sms.text) <= LONGEST_SMS) == (100, True, True)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("webhook.disabled", {"url": "https://example.com/secret"}, "A webhook was disabled"),
        ("brief_completed", None, "brief completed"),
        ("job.failed", {}, "job.failed"),
        ("job.failed", ["odd"], "job.failed"),
        ("job.failed", {"kind": 7}, "job.failed"),
        ("hello\r\nBcc: all@example.com\x00\u202e", {}, "hello Bcc: all@example.com"),
        ("x" * 5000, {}, "x" * 80),
    ],
)
def test_a_subject_is_one_short_line_whatever_an_entry_is_called(
    name: str, data: Any, words: str
) -> None:
    mail = args_of("email", [unseen(name, data=data)], ROW)

    assert isinstance(mail, EmailArgs)
    assert mail.subject == words
