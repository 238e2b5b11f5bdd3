"""Which pages of other origins may call: Starlette's CORS, at no cost to callers that are no pages."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from service.headers import header


class Cors(CORSMiddleware):
    """Lets allowed pages in; without an Origin there is nothing to allow, and ``Vary`` is told anyway."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, or answer what a browser asks before it calls."""
        if scope["type"] == "http" and header(scope, b"origin") is None:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
