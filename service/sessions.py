"""Cookie sessions for browsers: the caller, sealed with SECRET_KEY, in a cookie scripts cannot read.

A session is not a token: what is in the cookie is refused as a bearer token, and the other way round.
"""

import json
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.responses import Response

from realtime.caller import Caller
from realtime.keyring import fernet_keys
from service.settings import ServiceSettings
from service.tokens import Claims

LONGEST_COOKIE_HEADER = 16_384


class Sessions:
    """Opens, reads and ends cookie sessions."""

    def __init__(self, settings: ServiceSettings) -> None:
        keys = fernet_keys(settings.secret_key.get_secret_value(), "sessions")
        self._seal = MultiFernet([Fernet(key) for key in keys])
        self._longest = timedelta(seconds=settings.session_seconds)
        self._dev = settings.env == "dev"

    def open(self, response: Response, caller: Caller, scheme: str) -> None:
        """Put a session into ``response``; it ends no later than the token it was opened with."""
        now = datetime.now(UTC)
        ends = min(now + self._longest, caller.expires_at or now + self._longest)
        claims = Claims(
            sub=caller.user,
            org=caller.org,
            scope=" ".join(sorted(caller.scopes)),
            exp=int(ends.timestamp()),
        )
        self._set(response, scheme, self._sealed(claims), int((ends - now).total_seconds()))

    def close(self, response: Response, scheme: str) -> None:
        """Make the browser forget its session."""
        self._set(response, scheme, "", 0)

    def read(self, cookie_header: str, scheme: str) -> Caller | None:
        """Return whose session a request carries, None for none, an expired or a foreign one."""
        sealed = cookie(cookie_header, self._name(scheme))
        if not sealed:
            return None
        try:
            claims = Claims.model_validate_json(self._seal.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            return None
        alive = claims.exp > datetime.now(UTC).timestamp()
        return claims.caller(via="cookie") if alive else None

    def _sealed(self, claims: Claims) -> str:
        return self._seal.encrypt(json.dumps(claims.model_dump()).encode()).decode()

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
