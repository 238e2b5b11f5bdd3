"""Who is asking: the identity every route and channel decision is made with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user of an organisation. ``expires_at`` ends open connections too.

    ``channels``, from a narrowed ticket, are the only wire names this caller may listen to.
    ``session`` is what can be revoked: ``session:<id>``, ``key:<id>``, or empty for a bearer's token.
    """

    user: str
    org: str
    scopes: frozenset[str]
    via: Literal["bearer", "cookie", "ticket"] = "bearer"
    expires_at: datetime | None = None
    channels: frozenset[str] = frozenset()
    session: str = ""

    def may(self, scope: str) -> bool:
        """Return whether the caller holds ``scope``; ``admin`` holds every one."""
        return scope in self.scopes or "admin" in self.scopes
