"""A user's connection: an account with a provider, its credentials sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection's row. Field order is column order; see ``models.connection`` for the fields.

    ``jobs.vault`` opens ``credentials``.
    """

    id: UUID
    org_id: str
    user_id: str
    provider: str
    name: str
    base_url: str
    token_url: str
    account: str
    credentials: bytes = field(repr=False)
    holds: list[str]
    expires_at: datetime | None
    status: str
    status_reason: str | None
    refreshed_at: datetime | None
    refreshing_until: datetime | None
    unanswered_at: datetime | None
    refresh_after: datetime | None
    refresh_failures: int
    version: int
    created_at: datetime
    updated_at: datetime


NAMES = [column.name for column in fields(ConnectionRow)]
COLUMNS = ", ".join(f"c.{name}" for name in NAMES)
FIND = f"""
SELECT {COLUMNS} FROM connections c WHERE c.id = $1 AND c.org_id = $2 AND c.user_id = $3
"""  # noqa: S608 - our own names


async def find_connection(
    session: "AsyncSession", org: str, user: str, ident: UUID
) -> ConnectionRow | None:
    """Return a connection, if it exists and is this user's."""
    found = await run(session, FIND, ident, org, user)
    row: Sequence[Any] | None = found.first()
    return ConnectionRow(*row) if row else None


# Of a token that can be refreshed there may be a newer one: then the next refresh tells.
REFUSE = """
UPDATE connections SET status = 'expired', status_reason = $3, version = version + 1, updated_at = now()
WHERE id = $1 AND version = $2 AND status = 'active' AND NOT 'refresh_token' = ANY(holds)
"""
LONGEST_REASON = 300


async def refuse_connection(session: "AsyncSession", row: ConnectionRow, reason: str) -> None:
    """Note that the provider takes a connection's token no more, unless it was changed meanwhile."""
    values = (row.id, row.version, reason[:LONGEST_REASON])
    await run(session, REFUSE, *values)
