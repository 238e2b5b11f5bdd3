"""Cookie sessions for browsers: the caller, sealed with SECRET_KEY, in a cookie scripts cannot read.

A session is not a token: what is in the cookie is refused as a bearer token, and the other way round.
Its id is what can be revoked, so that a copy of the cookie ends with the session.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.responses import Response

from jobs.ids import uuid7
from realtime.caller import Caller
from realtime.keyring import fernet_keys
from service.settings import ServiceSettings
from service.tokens import Claims

LONGEST_COOKIE_HEADER = 16_384


class SessionClaims(Claims):
    """What is sealed in the cookie."""

    sid: UUID


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session: who is signed in, by which id, until when."""

    id: UUID
    caller: Caller
    ends: datetime


class Sessions:
    """Opens, reads and ends cookie sessions."""

    def __init__(self, settings: ServiceSettings) -> None:
        keys = fernet_keys(settings.secret_key.get_secret_value(), "sessions")
        self._seal = MultiFernet([Fernet(key) for key in keys])
        self._longest = timedelta(seconds=settings.session_seconds)
        self._dev = settings.env == "dev"

    def begin(self, caller: Caller) -> Session:
        """Return a new session for ``caller``; it ends no later than the token it is opened with."""
        longest = datetime.now(UTC) + self._longest
        return Session(uuid7(), caller, min(longest, caller.expires_at or longest))

    def open(self, response: Response, session: Session, scheme: str) -> None:
        """Put ``session`` into ``response``."""
        caller = session.caller
        claims = SessionClaims(
            sub=caller.user,
            org=caller.org,
            scope=" ".join(sorted(caller.scopes)),
            exp=int(session.ends.timestamp()),
            sid=session.id,
        )
        left = session.ends - datetime.now(UTC)
        self._set(response, scheme, self._sealed(claims), int(left.total_seconds()))

    def close(self, response: Response, scheme: str) -> None:
        """Make the browser forget its session."""
        self._set(response, scheme, "", 0)

    def read(self, cookie_header: str, scheme: str) -> Session | None:
        """Return the session a request carries, None for none, an expired or a foreign one."""
        sealed = cookie(cookie_header, self._name(scheme))
        if not sealed:
            return None
        try:
            claims = SessionClaims.model_validate_json(self._seal.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            return None
        ends = datetime.fromtimestamp(claims.exp, UTC)
        caller = claims.caller(via="cookie", session=f"session:{claims.sid}")
        return Session(claims.sid, caller, ends) if ends > datetime.now(UTC) else None

    def _sealed(self, claims: SessionClaims) -> str:
        return self._seal.encrypt(claims.model_dump_json().encode()).decode()

    def _name(self, scheme: str) -> str:
        """Return the cookie's name; the ``__Host-`` prefix makes browsers insist on Secure.

        On plain http in dev there is no Secure, so there the cookie goes by another name; in prod a
        cookie of that name is never looked at, or a neighbouring subdomain could plant one.
        """
        return "jobcast" if self._plain(scheme) else "__Host-jobcast"

    def _plain(self, scheme: str) -> bool:
        return self._dev and scheme in {"http", "ws"}

    def _set(self, response: Response, scheme: str, value: str, max_age: int) -> None:
        response.set_cookie(
            self._name(scheme),
            value,
            max_age=max_age,
            path="/",
            secure=not self._plain(scheme),
            httponly=True,
            samesite="lax",
        )


def cookie(header: str, name: str) -> str:
    """Return one cookie of a Cookie header, or an empty string."""
    if name not in header or len(header) > LONGEST_COOKIE_HEADER:
        return ""
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""
