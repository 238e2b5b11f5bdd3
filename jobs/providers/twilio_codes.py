"""What Twilio's error codes mean here: whether another try may help, and what the user is told.

https://www.twilio.com/docs/api/errors: 2xxxx refuse a message at once, 3xxxx tell later that it did not
arrive. A code that is not here is decided by its status: ``failed`` may pass, ``undelivered`` stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.kept.sms import Withdrawn


@dataclass(frozen=True, slots=True)
class Meaning:
    """One error: our ``code``, words for it, whether it may pass (``again``), and what it takes back."""

    code: str
    words: str
    again: bool = False
    withdraws: Withdrawn | None = None


INVALID = Meaning("invalid_number", "There is no such telephone number.", withdraws="number")
NO_SMS = Meaning("no_sms", "The number takes no text messages.", withdraws="number")
OPTED_OUT = Meaning(
    "opted_out", "Whoever has the number wants no texts (STOP).", withdraws="consent"
)
NOT_SERVED = Meaning("not_served", "The account may not send texts there.")
BLOCKED = Meaning("blocked", "The text was taken for spam or is not allowed there.")
SENDER = Meaning("sender_refused", "The account may not send from TWILIO_FROM.")
ACCOUNT = Meaning("account", "The account is suspended or has no money left.")
TOO_LONG = Meaning("too_long", "The text is too long.")
EXPIRED = Meaning("expired", "The text could not be delivered in time.")
AWAY = Meaning("unreachable", "The telephone is switched off or out of reach.", again=True)
BUSY = Meaning("busy", "The provider or the carrier has too much to do.", again=True)
UNKNOWN = Meaning("delivery_failed", "The carrier did not deliver the text.", again=True)
FOR_GOOD = Meaning("undelivered", "The carrier did not deliver the text, for good.")

MEANINGS: Mapping[int, Meaning] = {
    14107: BUSY,
    20429: BUSY,
    21211: INVALID,
    21212: SENDER,
    21214: INVALID,
    21217: INVALID,
    21265: INVALID,
    21408: NOT_SERVED,
    21603: SENDER,
    21605: TOO_LONG,
    21606: SENDER,
    21608: NOT_SERVED,
    21610: OPTED_OUT,
    21611: BUSY,
    21612: NOT_SERVED,
    21614: NO_SMS,
    21617: TOO_LONG,
    21635: NO_SMS,
    21659: SENDER,
    21660: SENDER,
    21703: SENDER,
    21704: SENDER,
    21705: SENDER,
    30001: BUSY,
    30002: ACCOUNT,
    30003: AWAY,
    30004: BLOCKED,
    30005: INVALID,
    30006: NO_SMS,
    30007: BLOCKED,
    30008: UNKNOWN,
    30009: UNKNOWN,
    30010: ACCOUNT,
    30017: BUSY,
    30018: SENDER,
    30019: TOO_LONG,
    30020: BUSY,
    30022: BUSY,
    30023: BUSY,
    30024: SENDER,
    30032: SENDER,
    30034: SENDER,
    30036: EXPIRED,
}


def refusal(code: int | None) -> Meaning | None:
    """Return what a refusal at once means; None for a code that has no entry of its own."""
    return MEANINGS.get(code) if code is not None else None


def misdelivery(status: str, code: int | None) -> Meaning:
    """Return why a message did not arrive, by its final status and the code that came with it."""
    known = MEANINGS.get(code) if code is not None else None
    return known or (UNKNOWN if status == "failed" else FOR_GOOD)
