"""Why a WebSocket ends, and what the browser does then, in one table.

The hundreds digit is the rule: 40xx stop, 41xx back off and come back, 42xx come back now.
"""

from dataclasses import dataclass
from typing import Literal

Then = Literal["stop", "back_off", "reconnect_now", "reconnect_after"]


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One reason to end a connection."""

    number: int
    name: str
    text: str
    then: Then


NORMAL = CloseCode(1000, "normal", "You said bye.", "stop")
BROKEN = CloseCode(1011, "broken", "Something went wrong here.", "back_off")
DRAIN = CloseCode(
    1012, "drain", "This server restarts; come back after retry_ms.", "reconnect_after"
)
BAD_FRAME = CloseCode(4000, "bad_frame", "Too many frames that are not JSON objects.", "stop")
BAD_TICKET = CloseCode(4001, "ticket", "The ticket is unknown, used or expired.", "stop")
FORBIDDEN = CloseCode(4003, "forbidden", "The ticket is somebody else's.", "stop")
TOO_MANY = CloseCode(4008, "too_many_connections", "You have too many open connections.", "stop")
LOGGED_OUT = CloseCode(4009, "logged_out", "You signed out.", "stop")
OVER_CAPACITY = CloseCode(4100, "over_capacity", "This server is full for now.", "back_off")
RATE = CloseCode(4101, "rate", "Too many messages in a short time.", "back_off")
NO_HELLO = CloseCode(4102, "no_hello", "No hello came in time.", "back_off")
STALLED = CloseCode(4103, "stalled", "You did not read for too long.", "back_off")
RESYNC = CloseCode(4200, "resync", "Reconnect to start afresh.", "reconnect_now")
EXPIRED = CloseCode(4201, "expired", "Your session expired; bring a new ticket.", "reconnect_now")
MAX_AGE = CloseCode(4202, "max_age", "This connection is old enough.", "reconnect_now")

CLOSE_CODES = (
    NORMAL, BROKEN, DRAIN, BAD_FRAME, BAD_TICKET, FORBIDDEN, TOO_MANY, LOGGED_OUT, OVER_CAPACITY, RATE,
    NO_HELLO, STALLED, RESYNC, EXPIRED, MAX_AGE,
)  # fmt: skip
BY_NUMBER = {code.number: code for code in CLOSE_CODES}
