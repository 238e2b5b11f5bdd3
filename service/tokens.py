"""JSON Web Tokens: from the text in a header to a Caller, or a sentence saying why not.

The key decides the algorithm, never the token: ``JWT_SECRET`` is only ever used for HS256, and a
published key only for its own of RS256, ES256 and EdDSA (RFC 8725 §3.1).
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import jwt
from jwt.utils import base64url_decode
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from realtime.caller import Caller
from service.bodies import unique
from service.jwks import KeySet
from service.settings import ServiceSettings

DEFAULT_SCOPES = "jobs:read jobs:write"
LONGEST_TOKEN = 8192
MOST_KNOWN = 5_000
LATEST_EXPIRY = 253_402_300_799  # the last second a datetime can hold
TOKEN_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
NumericDate = Annotated[int, Field(ge=0, le=LATEST_EXPIRY, strict=True)]


class BadToken(Exception):
    """The token is not one this server accepts."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "")


class ExpiredToken(BadToken):
    """The token has expired."""


class Claims(BaseModel):
    """What a token must and may say; everything else in it is ignored."""

    sub: Name
    org: Name | None = None
    scope: str = Field(DEFAULT_SCOPES, max_length=1000)
    exp: NumericDate
    iat: NumericDate | None = None
    nbf: NumericDate | None = None

    def caller(self, via: Literal["bearer", "cookie"] = "bearer", session: str = "") -> Caller:
        """Return who the token speaks for."""
        return Caller(
            self.sub,
            self.org or self.sub,
            frozenset(self.scope.split()),
            via,
            expires_at=datetime.fromtimestamp(self.exp, UTC),
            session=session,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A token that was checked: it stays good until ``until`` (Unix time), and as long as its key is."""

    caller: Caller
    header: dict[str, Any]
    key: Any
    until: float


class TokenReader:
    """Checks tokens by the shared secret and by the published keys, whichever are set.

    A signature is checked once: the same text again is the same token, until it expires or its key goes.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._keys = KeySet.of(settings)
        self._issuer = settings.jwt_issuer or None
        self._audience = settings.jwt_audience or None
        self._leeway = settings.jwt_leeway_seconds
        self._known: dict[str, Known] = {}

    def knows(self, token: str) -> bool:
        """Return whether a token was good not long ago."""
        return token in self._known

    async def read(self, token: str) -> Caller:
        """Return the caller. Raises BadToken; Unavailable when no published key can be fetched."""
        known = self._known.get(token)
        if known is not None and await self._still_good(known):
            return known.caller
        self._known.pop(token, None)
        if len(token) > LONGEST_TOKEN:
            raise BadToken
        try:
            header = jwt.get_unverified_header(token)
            key, algorithm = await self._key(header)
            refuse_doubles(token)
            claims = self._claims(token, key, algorithm)
            return self._remember(
                token, Known(claims.caller(), header, key, claims.exp + self._leeway)
            )
        except jwt.ExpiredSignatureError as error:
            raise ExpiredToken from error
        except (jwt.PyJWTError, ValidationError, ValueError, TypeError, RecursionError) as error:
            raise BadToken from error

    async def _still_good(self, known: Known) -> bool:
        """Return whether a token would pass again: it has not expired, and its key is still the key."""
        if known.until <= time.time():
            return False
        key, _ = await self._key(known.header)
        return key is known.key

    def _remember(self, token: str, known: Known) -> Caller:
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[token] = known
        return known.caller

    async def _key(self, header: dict[str, Any]) -> tuple[Any, str]:
        if "crit" in header or str(header.get("typ") or "").lower() not in TOKEN_TYPES:
            raise BadToken
        if header.get("alg") == "HS256":
            if not self._secret:
                raise BadToken
            return self._secret, "HS256"
        if self._keys is None:
            raise BadToken
        key = await self._keys.find(header.get("kid"))
        if key is None or key.algorithm_name != header.get("alg"):
            raise BadToken
        return key.key, key.algorithm_name

    def _claims(self, token: str, key: Any, algorithm: str) -> Claims:
        required = ["exp", "sub"]
        required += ["iss"] if self._issuer else []
        required += ["aud"] if self._audience else []
        decoded = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=self._leeway,
            options={"require": required, "verify_aud": self._audience is not None},
        )
        return Claims.model_validate(decoded)


def refuse_doubles(token: str) -> None:
    """Raise ValueError for a name that comes twice: two readers could take two different ones."""
    for part in token.split(".")[:2]:
        json.loads(base64url_decode(part), object_pairs_hook=unique)
