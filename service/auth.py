"""Who is asking: the Caller behind a token, an API key or a cookie session, put into ``scope["user"]``.

A request nobody vouches for goes on with ``None``: each route decides whether it needs a caller.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from jobs.access import KEY_PREFIX, Access
from realtime.caller import Caller
from realtime.connections import address_of
from realtime.origin import origin_allowed, origin_of
from service.errors import Problem
from service.guessing import Guesses
from service.headers import header
from service.sessions import Sessions
from service.settings import ServiceSettings
from service.tokens import BadToken, ExpiredToken, TokenReader

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Authentication:
    """Finds the caller of each request, and refuses what a foreign page makes a browser send."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self.app = app
        self.settings = settings
        self.tokens = TokenReader(settings)
        self.sessions = Sessions(settings)
        self.guesses = Guesses(settings.bad_tokens_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with ``scope["user"]``; ``scope["refusal"]`` says why a token was not taken."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope["user"] = scope["refusal"] = None
        scope["tokens"], scope["sessions"] = self.tokens, self.sessions
        scope["guesses"] = self.guesses
        if (token := header(scope, b"authorization")) is not None:
            await self._bearer(scope, token)
        elif (cookies := header(scope, b"cookie")) is not None:
            self._cookie(scope, cookies)
        await self.app(scope, receive, send)

    async def _bearer(self, scope: Scope, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            scope["refusal"] = "Send a Bearer token."
            return
        try:
            scope["user"] = await vouched(scope, token.strip())
        except BadToken as refusal:
            scope["refusal"] = str(refusal)

    def _cookie(self, scope: Scope, header: str) -> None:
        session = self.sessions.read(header, scope["scheme"])
        if session is None or revoked(scope, session.caller):
            return
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            check_origin(scope, self.settings)
        scope["user"] = session.caller


async def vouched(scope: Scope, token: str) -> Caller:
    """Return whom a bearer's token or API key speaks for. Raises BadToken, Unavailable.

    Raises TooMany for a text that is new, when too many wrong ones came from the same address.
    """
    guesses: Guesses = scope["guesses"]
    knows: Callable[[str], bool]
    read: Callable[[str], Awaitable[Caller]]
    if token.startswith(KEY_PREFIX):
        access: Access = scope["app"].state.resources.access
        knows, read = access.knows, partial(key_caller, scope, access)
    else:
        tokens: TokenReader = scope["tokens"]
        knows, read = tokens.knows, tokens.read
    if not guesses.none and not knows(token):
        guesses.check(address_of(scope))
    try:
        return await read(token)
    except ExpiredToken:
        raise
    except BadToken:
        guesses.note(address_of(scope))
        raise


async def key_caller(scope: Scope, access: Access, token: str) -> Caller:
    """Return whom an API key speaks for. Raises BadToken, Unavailable."""
    caller = await access.caller_of(token)
    if caller is None or revoked(scope, caller):
        raise BadToken("The API key is unknown, revoked or expired.")
    return caller


def revoked(scope: Scope, caller: Caller) -> bool:
    """Return whether the session or key a caller came with has been revoked, as far as is known here."""
    return caller.session in scope["app"].state.realtime.revocations


def check_origin(scope: Scope, settings: ServiceSettings, *, required: bool = True) -> None:
    """Refuse, with 403, a request another site's page made. Browsers name its origin on every write."""
    absent = origin_of(scope) is None
    if absent and not required:
        return
    if absent or not origin_allowed(scope, settings, cookie=True):
        raise Problem(403, "The request came from another site's page.", code="cross_origin")


def required_caller(scope: Scope, permission: str | None = None) -> Caller:
    """Return the caller. Raises Problem: 401 for nobody, 403 without the scope ``permission``."""
    caller = scope.get("user")
    if not isinstance(caller, Caller):
        refusal = scope.get("refusal") or ""
        challenge = 'Bearer realm="jobcast"' + (', error="invalid_token"' if refusal else "")
        detail = refusal or "Sign in, or send a Bearer token."
        raise Problem(401, detail, headers={"WWW-Authenticate": challenge})
    if permission is not None and not caller.may(permission):
        detail = f"This needs the scope {permission}."
        raise Problem(403, detail, code="insufficient_scope")
    return caller
