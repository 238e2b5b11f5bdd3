"""Short-lived, single-use stand-ins for a token, fit for a URL or a subprotocol header.

Every accepted job is answered with one, so they are sealed by AES-SIV (RFC 5297): a seventh of what Fernet
costs, and no nonce whose repetition, after billions of tickets, would harm.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable, Container, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from realtime.caller import Caller
from realtime.errors import BadTicket
from realtime.keyring import derived_keys

PREFIX = "tk_"
MAX_LENGTH = 4096

Spend = Callable[[str, datetime], Awaitable[bool]]


class Sealed(NamedTuple):
    """What a ticket says: a JSON array in this order. Times are seconds since 1970."""

    user: str
    org: str
    scopes: Sequence[str]
    origin: str | None
    channels: Sequence[str]
    nonce: str
    expires_at: float
    session_ends: float | None
    session: str


class Tickets:
    """Issues tickets without asking anybody and redeems each once.

    ``spend(nonce, expires_at)`` remembers a nonce and returns False if it was spent before. A ticket of a
    session that is in ``revoked`` by now is no good.
    """

    def __init__(
        self,
        secret_key: str,
        spend: Spend,
        *,
        seconds: int = 30,
        revoked: Container[str] = frozenset(),
    ) -> None:
        self._seals = [AESSIV(key) for key in derived_keys(secret_key, "tickets.siv")]
        self._spend = spend
        self._revoked = revoked
        self._seconds = seconds

    def issue(
        self, caller: Caller, *, origin: str | None = None, channels: Sequence[str] = ()
    ) -> str:
        """Return a ticket for ``caller``, bound to ``origin`` if one is given.

        ``channels`` narrows it to these wire names; none given leaves it as wide as the caller.
        """
        ends = caller.expires_at
        sealed = (
            caller.user,
            caller.org,
            tuple(caller.scopes),
            origin,
            channels,
            secrets.token_hex(16),
            time.time() + self._seconds,
            ends and ends.timestamp(),
            caller.session,
        )
        text = self._seals[0].encrypt(orjson.dumps(sealed), None)
        return PREFIX + base64.urlsafe_b64encode(text).decode().rstrip("=")

    async def redeem(self, ticket: str, origin: str | None) -> Caller:
        """Return whom ``ticket`` stands for, once. Raises BadTicket."""
        sealed = self._open(ticket)
        if sealed.expires_at <= time.time():
            raise BadTicket
        if sealed.origin is not None and sealed.origin != origin:
            raise BadTicket
        if not await self._spend(sealed.nonce, instant(sealed.expires_at)):
            raise BadTicket
        if sealed.session in self._revoked:  # asked last: nothing waits between this and admission
            raise BadTicket
        return Caller(
            sealed.user,
            sealed.org,
            frozenset(sealed.scopes),
            via="ticket",
            expires_at=None if sealed.session_ends is None else instant(sealed.session_ends),
            channels=frozenset(sealed.channels),
            session=sealed.session,
        )

    def _open(self, ticket: str) -> Sealed:
        if len(ticket) > MAX_LENGTH or not ticket.startswith(PREFIX) or not ticket.isascii():
            raise BadTicket
        token = ticket.removeprefix(PREFIX)
        try:
            text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return Sealed(*orjson.loads(self._unseal(text)))
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise BadTicket from error

    def _unseal(self, text: bytes) -> bytes:
        """Open with the newest secret's key, else with an older one's. Raises InvalidTag."""
        for seal in self._seals[:-1]:
            with suppress(InvalidTag):
                return seal.decrypt(text, None)
        return self._seals[-1].decrypt(text, None)


def instant(seconds: float) -> datetime:
    """Return a time that was sealed as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
