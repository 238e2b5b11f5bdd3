"""The texts that the sandbox's Twilio has taken, and the numbers that decide what becomes of them.

Those of Twilio's own test account are refused (https://www.twilio.com/docs/iam/test-credentials):
+15005550001 (21211), …2 (21612), …3 (21408), …4 (21610), …9 (21614), and as the sender …1, …7, …8. Ours end
with a code: +150055 and the code does not arrive, +150056 and the code arrives at the second try.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ACCOUNT = "AC5a6d0b8f4c2e4d1f9b7a3c6e8d0f2a41"
AUTH_TOKEN = "sandbox-twilio-token"  # noqa: S105 - opens nothing but the sandbox
SENDER = "+15005550006"
SERVICE = "MG"

LONGEST = 1_600
SEGMENT = 160
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
FATED = re.compile(r"\+1500(?P<when>5[56])(?P<code>3\d{4})")
OUR_OWN_FAULT = frozenset({30001, 30002, 30008})
"""Codes of what never left Twilio, so that its status is ``failed``."""
RECIPIENTS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
SENDERS = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
WORDS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number",
    21408: "Permission to send an SMS has not been enabled for the region",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' number is not a valid message-capable Twilio phone number",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable via SMS",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


class Complaint(Exception):
    """An error answer with one of Twilio's codes."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(WORDS[code])
        self.code = code
        self.status = status


@dataclass
class Text:
    """One text. ``statuses`` are those it has had, ``heard`` what its call-backs were answered."""

    sid: str
    to: str
    sender: str
    body: str
    call_back: str
    at: datetime
    ahead: Sequence[str]
    error_code: int | None = None
    statuses: list[str] = field(default_factory=lambda: ["queued"])
    heard: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Return where it is."""
        return self.statuses[-1]

    @property
    def failed(self) -> bool:
        """Return whether it did not arrive."""
        return self.status in {"failed", "undelivered"}

    def form(self) -> dict[str, str]:
        """Return what a call-back tells."""
        told = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "From": self.sender,
            "MessageSid": self.sid,
            "MessageStatus": self.status,
            "SmsSid": self.sid,
            "SmsStatus": self.status,
            "To": self.to,
        }
        return told | ({"ErrorCode": str(self.error_code)} if self.failed else {})

    def entity(self) -> dict[str, Any]:
        """Return a Message resource."""
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "status": self.status,
            "direction": "outbound-api",
            "num_segments": str(-(-len(self.body) // SEGMENT)),
            "error_code": self.error_code if self.failed else None,
            "date_created": f"{self.at:%a, %d %b %Y %H:%M:%S} +0000",
        }


class Texts:
    """All of them, oldest first. ``clock`` tells when each was taken."""

    def __init__(self) -> None:
        self.taken: list[Text] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, to: str, sender: str, body: str, call_back: str) -> Text:
        """Take a text. Raises Complaint."""
        check(to, sender, body)
        ahead, code = self._fate(to)
        sid = f"SM{secrets.token_hex(16)}"
        made = Text(sid, to, sender, body, call_back, self.clock(), ahead, code)
        self.taken.append(made)
        return made

    def find(self, sid: str) -> Text:
        """Return one text. Raises Complaint."""
        for text in self.taken:
            if text.sid == sid:
                return text
        raise Complaint(20404, 404)

    def page(self, to: str, skipped: int, size: int) -> tuple[list[Text], bool]:
        """Return some of the texts to a number, newest first, and whether there are more."""
        sent = [text for text in reversed(self.taken) if to in {"", text.to}]
        return sent[skipped : skipped + size], len(sent) > skipped + size

    def _fate(self, to: str) -> tuple[Sequence[str], int | None]:
        """Return the statuses to come, and the code of the last one if it is bad."""
        found = FATED.fullmatch(to)
        tried = any(text.to == to for text in self.taken)
        if found is None or (found["when"] == "56" and tried):
            return ("sent", "delivered"), None
        code = int(found["code"])
        return (("failed",) if code in OUR_OWN_FAULT else ("sent", "undelivered")), code


def check(to: str, sender: str, body: str) -> None:
    """Raise Complaint for what Twilio would not take."""
    for value, code in ((to, 21604), (sender, 21603), (body, 21602)):
        if not value:
            raise Complaint(code)
    if len(body) > LONGEST:
        raise Complaint(21617)
    if sender in SENDERS:
        raise Complaint(SENDERS[sender])
    if not NUMBER.fullmatch(to):
        raise Complaint(21211)
    if to in RECIPIENTS:
        raise Complaint(RECIPIENTS[to])
