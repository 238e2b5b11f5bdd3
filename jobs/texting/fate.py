"""What the provider's word moves: a sending goes forward only, and a failed one is sent again at times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from jobs.kept.sms import SmsRow, State
from jobs.providers.twilio_codes import Meaning, misdelivery

REACHED: Mapping[str, State] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
}
"""What Twilio says of a message on its way, and what we call it."""
NEWS = "sms_failed"
"""What the owner is told of a message that never arrives."""
FAILED = frozenset({"failed", "undelivered", "canceled"})
PLACES: Mapping[State, int] = {
    "held": 0,
    "asking": 0,
    "failed": 0,
    "queued": 1,
    "sent": 2,
    "delivered": 3,
    "undelivered": 3,
    "retrying": 3,
    "skipped": 3,
}
WAITS = (timedelta(minutes=5), timedelta(minutes=30))
"""How long after a failed sending comes the next; there is one more sending than waits."""


@dataclass(frozen=True, slots=True)
class CallBack:
    """What the provider tells of one sending; our own names for it stand in the URL, if we gave that."""

    sid: str
    status: str
    error_code: int | None = None
    message_id: UUID | None = None
    sending: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a message; ``meaning`` is why it did not arrive, ``again_in`` when it goes again."""

    state: State
    meaning: Meaning | None = None
    again_in: timedelta | None = None

    @property
    def lost(self) -> Meaning | None:
        """Return why the message never arrives; None while it may."""
        return self.meaning if self.state == "undelivered" else None


def name_of(heard: CallBack, row: SmsRow) -> str:
    """Return what a call-back is remembered by: the same said of the same sending."""
    return f"{heard.sending or row.sendings}:{heard.status}"


def change_of(heard: CallBack, row: SmsRow) -> Change | None:
    """Return what a call-back changes; None when it is older than what is known, or of another sending."""
    if heard.sending not in {None, row.sendings} or row.sendings == 0:
        return None
    if row.provider_id not in {None, heard.sid}:
        return None
    change = outcome(heard, row.sendings)
    if change is None or PLACES[change.state] <= PLACES[row.state]:
        return None
    return change


def outcome(heard: CallBack, sendings: int) -> Change | None:
    """Return where a sending has come to; None for a word that is not known."""
    if heard.status not in FAILED:
        state = REACHED.get(heard.status)
        return Change(state) if state else None
    meaning = misdelivery(heard.status, heard.error_code)
    if meaning.again and sendings <= len(WAITS):
        return Change("retrying", meaning, WAITS[sendings - 1])
    return Change("undelivered", meaning)


def error_of(told: CallBack, change: Change) -> dict[str, Any] | None:
    """Return why a message did not arrive, as its row tells it."""
    if change.meaning is None:
        return None
    number = {"provider_code": told.error_code} if told.error_code is not None else {}
    return {"code": change.meaning.code, "message": change.meaning.words, **number}


def news_of(row: SmsRow, lost: Meaning) -> dict[str, Any]:
    """Return what the owner is told of a message that never arrives; not by a text."""
    about = {"kind": "sms_delivery", "message_id": str(row.id), "to": row.to_number}
    return {**about, "code": lost.code, "reason": lost.words, "told_by": ["sms"]}
