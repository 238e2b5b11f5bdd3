"""API keys: for programs that act as me."""

from collections.abc import Sequence
from datetime import timedelta

from service.client.aio.wire import AsyncWire
from service.client.models import KeyResource, KeyWithSecret
from service.client.request import Request, path, said


class AsyncKeys:
    """My API keys. All of it needs the scope ``keys:write``."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(self) -> tuple[KeyResource, ...]:
        """Return my keys, newest first: how they begin, never the whole."""
        answer = await self._wire.ask(Request("GET", path("keys")))
        return tuple(map(KeyResource, answer["data"]))

    async def create(
        self,
        name: str = "",
        scopes: Sequence[str] = ("jobs:read", "jobs:write"),
        *,
        expires_in: float | timedelta | None = None,
    ) -> KeyWithSecret:
        """Make a key with no more than my own scopes. ``key`` is its text, told this once."""
        body = said({"name": name, "scopes": list(scopes), "expires_in": expires_in})
        asked = Request("POST", path("keys"), json=body, repeatable=False)
        return KeyWithSecret(await self._wire.ask(asked))

    async def revoke(self, ident: str) -> None:
        """Let a key stop at once, with everything that is open with it."""
        await self._wire.send(Request("DELETE", path("keys", ident)))
