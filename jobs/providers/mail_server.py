"""Which mail server, and how it is talked to: what SMTP_URL says."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from jobs.errors import Discard

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
SUBMISSION = 587
Encryption = Literal["always", "from_start", "if_offered", "never"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server and who we are there. Its repr tells no password.

    ``encryption``: TLS from the first byte (``smtps://``), by STARTTLS ``always`` (``?starttls``, and on
    port 587) or ``if_offered`` (not on this machine), or ``never`` (``?starttls=0``).
    """

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, url: str) -> "MailServer":
        """Read ``smtp://user:password@host:port?starttls``. Raises Discard (``bad_url``)."""
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise unreadable() from error
        if not parts.hostname:
            raise unreadable()
        return cls(
            host=parts.hostname,
            port=port,
            encryption=encryption_of(parts.scheme, port, parts.query),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def start_tls(self) -> bool | None:
        """Return whether to begin TLS by STARTTLS; None: when the server offers it."""
        if self.encryption == "if_offered":
            return False if self.near else None
        return self.encryption == "always"

    @property
    def near(self) -> bool:
        """Return whether the server is on this machine: nobody listens in between."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def encryption_of(scheme: str, port: int, query: str) -> Encryption:
    """Return what a URL says about TLS."""
    if scheme == "smtps":
        return "from_start"
    said = parse_qs(query, keep_blank_values=True).get("starttls")
    if said is None:
        return "always" if port == SUBMISSION else "if_offered"
    return "never" if said[-1].lower() in {"0", "no", "false", "never"} else "always"


def unreadable() -> Discard:
    """Return the outcome for a setting that makes no sense; it is not repeated, it holds a password."""
    return Discard("SMTP_URL is not like smtp://user:password@host:587 or smtps://….", "bad_url")
