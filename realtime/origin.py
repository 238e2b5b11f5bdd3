"""Where a browser's request comes from, and whether that page may listen with the user's cookie."""

from starlette.types import Scope

from realtime.settings import RealtimeSettings

FOREIGN = frozenset({"cross-site", "same-site"})
SCHEMES = {"ws": "http", "wss": "https"}


def origin_of(scope: Scope) -> str | None:
    """Return the Origin header: None without one, "null" when there is more than one."""
    found = _headers(scope, b"origin")
    return None if not found else found[0] if len(found) == 1 else "null"


def origin_allowed(scope: Scope, settings: RealtimeSettings, *, cookie: bool) -> bool:
    """Return whether the request's origin is the server's own or one of the settings'.

    Without an Origin only those who bring their own proof may listen. A browser leaves it out of
    same-origin GETs, though, where Sec-Fetch-Site speaks instead; never of a WebSocket's upgrade.
    """
    origin = origin_of(scope)
    if origin is not None:
        return origin == _own(scope) or origin in settings.origins
    if not cookie:
        return True
    return scope["type"] == "http" and not FOREIGN.intersection(_headers(scope, b"sec-fetch-site"))


def _own(scope: Scope) -> str:
    hosts = _headers(scope, b"host")
    scheme = scope.get("scheme", "http")
    return f"{SCHEMES.get(scheme, scheme)}://{hosts[0]}" if len(hosts) == 1 else ""


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
