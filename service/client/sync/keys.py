# Written by `python -m service.twin` from service/client/aio/keys.py; do not edit.
"""API keys: for programs that act as me."""

from collections.abc import Sequence
from datetime import timedelta

from service.client.models import KeyResource, KeyWithSecret
from service.client.request import Request, path, said
from service.client.sync.wire import Wire


class Keys:
    """My API keys. All of it needs the scope ``keys:write``."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[KeyResource, ...]:
        """Return my keys, newest first: how they begin, never the whole."""
        answer = self._wire.ask(Request("GET", path("keys")))
        return tuple(map(KeyResource, answer["data"]))

    def create(
        self,
        name: str = "",
        scopes: Sequence[str] = ("jobs:read", "jobs:write"),
        *,
        expires_in: float | timedelta | None = None,
    ) -> KeyWithSecret:
        """Make a key with no more than my own scopes. ``key`` is its text, told this once."""
        body = said({"name": name, "scopes": list(scopes), "expires_in": expires_in})
        asked = Request("POST", path("keys"), json=body, repeatable=False)
        return KeyWithSecret(self._wire.ask(asked))

    def revoke(self, ident: str) -> None:
        """Let a key stop at once, with everything that is open with it."""
        self._wire.send(Request("DELETE", path("keys", ident)))
