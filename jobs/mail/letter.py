"""A mail's bytes: one text, twice (plain and HTML), under headers that nobody else can write into.

Sources: RFC 5322 (form), 2046 §5.1.4 (alternatives), 3834 (Auto-Submitted), 2369 and 8058 (unsubscribing).
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from typing import Any

from jobs.mail.address import ascii_address
from jobs.mail.html import as_html

STOP = "Stop these mails"
QUOTED = "quoted-printable"


WHOLE = frozenset({"List-Unsubscribe", "Message-ID"})


class Unfolded(EmailPolicy):
    """Leaves some headers on one line as they are: a folded or encoded link leads nowhere."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header's lines."""
        return (
            f"{name}: {value}\r\n".encode() if name in WHOLE else super().fold_binary(name, value)
        )


POLICY = Unfolded(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: a name (it may be empty) and an address."""

    name: str
    address: str

    @classmethod
    def read(cls, text: str) -> "Sender":
        """Read ``Garden <hello@example.com>``, or the address alone. Raises ValueError."""
        found = getaddresses([one_line(text)])
        if len(found) != 1:
            raise ValueError("name one e-mail address")
        [(name, address)] = found
        return cls(name, ascii_address(address))

    @property
    def domain(self) -> str:
        """Return the address's domain."""
        return self.address.rpartition("@")[2]

    @property
    def shown(self) -> Address:
        """Return the sender as a header has it."""
        return Address(display_name=self.name, addr_spec=self.address)


@dataclass(frozen=True, slots=True)
class Letter:
    """All that is in one mail. Written again it has the same headers, the Message-ID and date too.

    ``one_click`` is the link that unsubscribes; a mail without one, but not of the kind that nobody can
    unsubscribe from (``listed``), names the sender's own address for it.
    """

    sender: Sender
    reply_to: Sender | None
    to: str
    subject: str
    text: str
    message_id: str
    date: datetime
    listed: bool = True
    one_click: str | None = None

    def __bytes__(self) -> bytes:
        message = EmailMessage(POLICY)
        for name, value in self._headers().items():
            message[name] = value
        link = self.one_click
        foot = f"\n\n-- \n{STOP}: {link}\n" if link else "\n"
        message.set_content(self.text.rstrip() + foot, cte=QUOTED)
        html = as_html(self.subject, self.text, link, STOP)
        message.add_alternative(html, subtype="html", cte=QUOTED)
        return message.as_bytes()

    def _headers(self) -> dict[str, Any]:
        headers: dict[str, Any] = {
            "From": self.sender.shown,
            "To": Address(addr_spec=self.to),
            "Subject": one_line(self.subject),
            "Date": format_datetime(self.date),
            "Message-ID": self.message_id,
            "Auto-Submitted": "auto-generated",
        }
        if self.reply_to is not None:
            headers["Reply-To"] = self.reply_to.shown
        if self.one_click:
            headers["List-Unsubscribe"] = f"<{self.one_click}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        elif self.listed:
            to = (self.reply_to or self.sender).address
            headers["List-Unsubscribe"] = f"<mailto:{to}?subject=unsubscribe>"
        return headers


def one_line(text: str) -> str:
    """Return ``text`` as a header may hold it: no line break, nothing that has no shape."""
    shaped = "".join(c if c.isprintable() or c in JOINERS else " " for c in text)
    return " ".join(shaped.split())


JOINERS = "\u200c\u200d"
"""What holds letters of some scripts, and some emoji, together."""
