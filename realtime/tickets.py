"""Short-lived, single-use stand-ins for a token, fit for a URL or a subprotocol header.

Every accepted job is answered with one, so they are sealed by AES-SIV (RFC 5297): a seventh of what Fernet
costs, and no nonce whose repetition, after billions of tickets, would harm.
"""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import TypeAdapter, ValidationError

from realtime.caller import Caller
from realtime.errors import BadTicket
from realtime.keyring import derived_keys

PREFIX = "tk_"
MAX_LENGTH = 4096

Spend = Callable[[str, datetime], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a ticket says, once opened."""

    user: str
    org: str
    scopes: tuple[str, ...]
    origin: str | None
    channels: tuple[str, ...]
    nonce: str
    expires_at: datetime
    session_ends: datetime | None
    session: str


SEALED = TypeAdapter(Sealed)


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
        self._lifetime = timedelta(seconds=seconds)

    def issue(
        self, caller: Caller, *, origin: str | None = None, channels: Sequence[str] = ()
    ) -> str:
        """Return a ticket for ``caller``, bound to ``origin`` if one is given.

        ``channels`` narrows it to these wire names; none given leaves it as wide as the caller.
        """
        sealed = Sealed(
            user=caller.user,
            org=caller.org,
            scopes=tuple(caller.scopes),
            origin=origin,
            channels=tuple(channels),
            nonce=secrets.token_hex(16),
            expires_at=datetime.now(UTC) + self._lifetime,
            session_ends=caller.expires_at,
            session=caller.session,
        )
        text = self._seals[0].encrypt(orjson.dumps(sealed), None)
        return PREFIX + base64.urlsafe_b64encode(text).decode().rstrip("=")

    async def redeem(self, ticket: str, origin: str | None) -> Caller:
        """Return whom ``ticket`` stands for, once. Raises BadTicket."""
        sealed = self._open(ticket)
        if sealed.expires_at <= datetime.now(UTC):
            raise BadTicket
        if sealed.origin is not None and sealed.origin != origin:
            raise BadTicket
        if not await self._spend(sealed.nonce, sealed.expires_at):
            raise BadTicket
        if sealed.session in self._revoked:  # asked last: nothing waits between this and admission
            raise BadTicket
        return Caller(
            sealed.user,
            sealed.org,
            frozenset(sealed.scopes),
            via="ticket",
            expires_at=sealed.session_ends,
            channels=frozenset(sealed.channels),
            session=sealed.session,
        )

    def _open(self, ticket: str) -> Sealed:
        if len(ticket) > MAX_LENGTH or not ticket.startswith(PREFIX) or not ticket.isascii():
            raise BadTicket
        token = ticket.removeprefix(PREFIX)
        try:
            text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return SEALED.validate_json(self._unseal(text))
        except (InvalidTag, ValidationError, binascii.Error, ValueError) as error:
            raise BadTicket from error

    def _unseal(self, text: bytes) -> bytes:
        """Open with the newest secret's key, else with an older one's. Raises InvalidTag."""
        for seal in self._seals[:-1]:
            with suppress(InvalidTag):
                return seal.decrypt(text, None)
        return self._seals[-1].decrypt(text, None)
