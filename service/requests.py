"""Measuring requests by the template of their route: never by a path, which holds ids."""

from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import Scope

from service.measures import REQUEST

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
NOWHERE = "none"
OTHER = "other"


def templates_of(routes: Iterable[BaseRoute]) -> dict[Any, str]:
    """Return the path template of each endpoint, as the router names it in a request's scope."""
    return {
        getattr(route, "endpoint", None) or getattr(route, "app", None): getattr(route, "path", "")
        for route in routes
    }


def template_of(scope: Scope) -> str:
    """Return the template of a request's route; ``none`` for one that leads nowhere."""
    app: Starlette | None = scope.get("app")
    endpoint = scope.get("endpoint")
    if app is None or endpoint is None:
        return NOWHERE
    found: str = app.state.templates.get(endpoint, OTHER)
    return found


def measure(scope: Scope, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    method = scope.get("method", "WEBSOCKET")
    if method not in METHODS:
        method = OTHER
    REQUEST.of(method, route, str(status)).observe(seconds)
