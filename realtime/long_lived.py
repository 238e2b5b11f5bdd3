"""Connections that stay leave the middleware behind.

Middleware is for requests: a dozen coroutines, each with its frame, around every one of them. A connection
that stays for hours would keep all of them alive. So a route that has answered hands its ``Stay`` to the
application around the whole, which goes on with it when everything in between has returned.
"""

from collections.abc import MutableMapping
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "jobcast.stays"


class Stay(Protocol):
    """A connection that was opened and goes on."""

    async def run(self, receive: Receive, send: Send) -> None:
        """Go on to the end, and leave."""

    def leave(self) -> None:
        """Give back what the connection holds. Harmless when called again."""


class LongLived:
    """An ASGI application around another one: what stays goes on here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, then what wants to stay."""
        stays: list[Stay] = []
        scope[KEY] = stays
        try:
            await self.app(scope, receive, send)
        except BaseException:
            for one in stays:
                one.leave()
            raise
        for one in stays:
            await one.run(receive, send)


async def stay(scope: MutableMapping[str, Any], one: Stay, receive: Receive, send: Send) -> None:
    """Let ``one`` go on: outside of all middleware, or here where there is no ``LongLived`` around."""
    if KEY in scope:
        scope[KEY].append(one)
    else:
        await one.run(receive, send)
