"""Short-lived, single-use stand-ins for a token, fit for a URL or a subprotocol header."""

import secrets
from collections.abc import Awaitable, Callable, Container, Sequence
from datetime import UTC, datetime, timedelta

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, ValidationError

from realtime.caller import Caller
from realtime.errors import BadTicket
from realtime.keyring import fernet_keys

PREFIX = "tk_"
MAX_LENGTH = 4096

Spend = Callable[[str, datetime], Awaitable[bool]]


class Sealed(BaseModel):
    """What a ticket says, once opened."""

    model_config = ConfigDict(frozen=True)

    user: str
    org: str
    scopes: frozenset[str]
    origin: str | None
    channels: tuple[str, ...]
    nonce: str
    expires_at: datetime
    session_ends: datetime | None
    session: str = ""


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
        self._fernet = MultiFernet([Fernet(key) for key in fernet_keys(secret_key, "tickets")])
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
            scopes=caller.scopes,
            origin=origin,
            channels=tuple(channels),
            nonce=secrets.token_urlsafe(16),
            expires_at=datetime.now(UTC) + self._lifetime,
            session_ends=caller.expires_at,
            session=caller.session,
        )
        return PREFIX + self._fernet.encrypt(sealed.model_dump_json().encode()).decode().rstrip("=")

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
            sealed.scopes,
            via="ticket",
            expires_at=sealed.session_ends,
            channels=frozenset(sealed.channels),
            session=sealed.session,
        )

    def _open(self, ticket: str) -> Sealed:
        if len(ticket) > MAX_LENGTH or not ticket.startswith(PREFIX) or not ticket.isascii():
            raise BadTicket
        token = ticket.removeprefix(PREFIX)
        padded = token + "=" * (-len(token) % 4)
        try:
            return Sealed.model_validate(orjson.loads(self._fernet.decrypt(padded.encode())))
        except (InvalidToken, ValidationError, ValueError) as error:
            raise BadTicket from error
