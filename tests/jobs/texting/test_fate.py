"""Call-backs: a sending goes forward only, and what may pass is sent again a few times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.kept.sms import SmsRow, State
from jobs.providers.twilio_codes import MEANINGS, misdelivery
from jobs.texting.fate import PLACES, WAITS, CallBack, change_of, name_of

SOME = UUID(int=1)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def row(state: State = "queued", **changed: Any) -> SmsRow:
    kept = SmsRow(
        *(SOME, "acme", "anna", SOME, 1, "+4930123456", "Hi", False, [], None, state),
        *(1, 1, "SM1", None), told=[], error=None, asked_at=NOW, held_until=None, again_at=None,
        sent_at=NOW, delivered_at=None, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(kept, **changed)


def heard(
    status: str, code: int | None = None, sid: str = "SM1", sending: int | None = 1
) -> CallBack:
    return CallBack(sid, status, code, SOME, sending)


def moved(told: CallBack, message: SmsRow) -> str | None:
    change = change_of(told, message)
    return change.state if change else None


@pytest.mark.parametrize(
    ("state", "status", "becomes"),
    [
        ("asking", "queued", "queued"),
        ("asking", "delivered", "delivered"),
        ("held", "sent", "sent"),
        ("failed", "sent", "sent"),
        ("queued", "sending", None),
        ("queued", "sent", "sent"),
        ("queued", "delivered", "delivered"),
        ("sent", "queued", None),
        ("sent", "sent", None),
        ("sent", "delivered", "delivered"),
        ("sent", "read", "delivered"),
        ("delivered", "sent", None),
        ("delivered", "undelivered", None),
        ("undelivered", "delivered", None),
        ("retrying", "sent", None),
        ("retrying", "failed", None),
        ("skipped", "sent", None),
        ("queued", "somewhere", None),
    ],
)
def test_a_message_goes_forward_only(state: State, status: str, becomes: str | None) -> None:
    assert moved(heard(status), row(state)) == becomes


def test_each_state_has_its_place() -> None:
    assert set(PLACES) == set(SmsRow.__annotations__["state"].__args__)


def test_a_word_about_another_sending_changes_nothing() -> None:
    second = row("queued", sendings=2, provider_id="SM2")

    assert moved(heard("failed", 30008), second) is None
    assert moved(heard("delivered", sid="SM1", sending=2), second) is None
    assert moved(heard("delivered", sid="SM1", sending=None), second) is None
    assert moved(heard("delivered", sid="SM2", sending=2), second) == "delivered"


def test_a_word_that_comes_before_the_answer_counts() -> None:
    asked = row("asking", provider_id=None, unanswered_at=NOW, sent_at=None)

    assert moved(heard("sent", sid="SM9"), asked) == "sent"
    assert moved(heard("sent", sid="SM9"), row("held", sendings=0, provider_id=None)) is None


def test_what_may_pass_is_sent_again_after_ever_longer_waits() -> None:
    changes = [
        change_of(heard("failed", 30008, sending=n), row("sent", sendings=n)) for n in (1, 2, 3)
    ]

    assert [c and (c.state, c.again_in) for c in changes] == [
        ("retrying", timedelta(minutes=5)),
        ("retrying", timedelta(minutes=30)),
        ("undelivered", None),
    ]
    assert list(WAITS) == sorted(WAITS)


@pytest.mark.parametrize(
    ("status", "code", "state", "meaning"),
    [
        ("undelivered", 30003, "retrying", "unreachable"),
        ("undelivered", 30005, "undelivered", "invalid_number"),
        ("undelivered", 30006, "undelivered", "no_sms"),
        ("undelivered", 30007, "undelivered", "blocked"),
        ("undelivered", 30008, "retrying", "delivery_failed"),
        ("failed", 30001, "retrying", "busy"),
        ("failed", 30002, "undelivered", "account"),
        ("failed", 21610, "undelivered", "opted_out"),
        ("failed", None, "retrying", "delivery_failed"),
        ("failed", 39999, "retrying", "delivery_failed"),
        ("undelivered", None, "undelivered", "undelivered"),
        ("undelivered", 39999, "undelivered", "undelivered"),
        ("canceled", None, "undelivered", "undelivered"),
    ],
)
def test_a_code_says_whether_another_sending_may_help(
    status: str, code: int | None, state: str, meaning: str
) -> None:
    change = change_of(heard(status, code), row("sent"))

    assert change is not None
    assert change.meaning is not None
    assert (change.state, change.meaning.code) == (state, meaning)
    assert change.meaning == misdelivery(status, code)


def test_only_who_wants_no_texts_and_numbers_that_are_none_take_something_back() -> None:
    taken = {code: m.withdraws for code, m in MEANINGS.items() if m.withdraws is not None}

    assert {code for code, what in taken.items() if what == "consent"} == {21610}
    assert {code for code, what in taken.items() if what == "number"} == (
        {21211, 21214, 21217, 21265, 21614, 21635, 30005, 30006}
    )


def test_a_call_back_is_remembered_by_sending_and_status() -> None:
    assert name_of(heard("sent"), row()) == "1:sent"
    assert name_of(heard("sent", sending=None), row(sendings=2)) == "2:sent"
