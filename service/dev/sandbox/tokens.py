"""What the OAuth 2.0 server of the sandbox remembers: codes, and families of tokens that rotate.

A family is what one consent led to. A refresh token that comes a second time was stolen, or its answer was
lost; either way the whole family is revoked (RFC 9700, section 4.14.2).
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class GrantError(Exception):
    """A token request is refused; ``code`` is RFC 6749's."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(eq=False, slots=True)
class Family:
    """The tokens of one consent."""

    client: str
    scope: str
    revoked: bool = False


@dataclass(slots=True)
class Code:
    """An authorization code; used once, by whom it was made for."""

    family: Family
    redirect_uri: str
    until: float
    used: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token; used once where tokens rotate."""

    family: Family
    used: bool = False


@dataclass(slots=True)
class Access:
    """An access token."""

    family: Family
    until: float


@dataclass(slots=True)
class Issued:
    """The pair a token request gets. ``refresh`` is empty when the old one goes on."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    scope: str


class Issuer:
    """Makes tokens and knows which are good. Times are of ``clock``, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.rotate = True
        self.expires_in = 7_200
        self.code_seconds = 600
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._refreshes: dict[str, Refresh] = {}
        self._accesses: dict[str, Access] = {}

    def consent(self, client: str, redirect_uri: str, scope: str) -> str:
        """Return a fresh authorization code."""
        code = f"code_{secrets.token_urlsafe(24)}"
        until = self._clock() + self.code_seconds
        self._codes[code] = Code(Family(client, scope), redirect_uri, until)
        return code

    def begin(self, client: str, scope: str = "read write") -> Issued:
        """Return the first pair of a new family, without a browser in between."""
        return self._issue(Family(client, scope), scope, rotated=True)

    def by_code(self, client: str, code: str, redirect_uri: str) -> Issued:
        """Change a code for its first pair. Raises GrantError."""
        found = self._codes.get(code)
        if found is None or found.family.client != client:
            raise GrantError("invalid_grant", "The code is unknown.")
        if found.used:
            found.family.revoked = True
            raise GrantError("invalid_grant", "The code was used before; its tokens are revoked.")
        if found.until < self._clock() or found.redirect_uri != redirect_uri:
            raise GrantError(
                "invalid_grant", "The code has expired or is for another redirect_uri."
            )
        found.used = True
        return self._issue(found.family, found.family.scope, rotated=True)

    def by_refresh(self, client: str, token: str, scope: str = "") -> Issued:
        """Change a refresh token for a new pair. Raises GrantError."""
        found = self._refreshes.get(token)
        if found is None or found.family.client != client:
            raise GrantError("invalid_grant", "The refresh token is unknown.")
        if found.family.revoked:
            raise GrantError("invalid_grant", "The refresh token was revoked.")
        if found.used:
            found.family.revoked = True
            raise GrantError("invalid_grant", "The refresh token was used before; all are revoked.")
        if not set(scope.split()) <= set(found.family.scope.split()):
            raise GrantError("invalid_scope", "More than was consented to.")
        found.used = self.rotate
        return self._issue(found.family, scope or found.family.scope, rotated=self.rotate)

    def revoke(self, client: str, token: str) -> None:
        """Revoke a token's family; an unknown one is no error (RFC 7009)."""
        found = self._refreshes.get(token) or self._accesses.get(token)
        if found is not None and found.family.client == client:
            found.family.revoked = True

    def good(self, access: str) -> Access | None:
        """Return an access token that still opens doors."""
        found = self._accesses.get(access)
        if found is None or found.family.revoked or found.until <= self._clock():
            return None
        return found

    def _issue(self, family: Family, scope: str, *, rotated: bool) -> Issued:
        access = f"at_{secrets.token_urlsafe(24)}"
        self._accesses[access] = Access(family, self._clock() + self.expires_in)
        refresh = f"rt_{secrets.token_urlsafe(24)}" if rotated else ""
        if refresh:
            self._refreshes[refresh] = Refresh(family)
        return Issued(access, refresh, self.expires_in, scope)
