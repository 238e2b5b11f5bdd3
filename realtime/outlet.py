"""Where one connection's bytes go at once: the transport itself, as the server offers it to the app.

ASGI's ``send`` is a coroutine per message and hides whether the other side reads. A server that puts an
``Outlet`` into ``scope["extensions"]`` lets the hub hand a ready-made frame to a socket in the moment it
was heard, and tells when the socket takes no more. Without one everything goes through ``send``.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

EXTENSION = "jobcast.outlet"


class Outlet(Protocol):
    """A connection that is written to without waiting."""

    ready: bool
    """Whether the other side has taken most of what was written; False too once it is gone."""

    changed: Callable[[], None] | None
    """Called when ``ready`` has changed."""

    write: Callable[[bytes], None]
    """Write bytes that the transport sends as they are."""

    def settled(self) -> None:
        """Let go of what the opening needed: the connection stays."""

    def end(self, last: bytes) -> None:
        """Close once everything that was written, and ``last``, is sent. Harmless when it is closed."""

    def abort(self) -> None:
        """Close now; what was written is lost."""


def outlet_of(scope: MutableMapping[str, Any]) -> Outlet | None:
    """Return the request's outlet, None where the server offers none."""
    extensions = scope.get("extensions") or {}
    found: Outlet | None = extensions.get(EXTENSION)
    return found
