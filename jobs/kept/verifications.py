"""A code on its way to an address, as the kind that delivers it reads it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.statement import one

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """One code that was asked for. Field order is column order.

    ``way`` is email or phone. The code is none of it: ``jobs.codes`` computes it from ``nonce``.
    """

    id: UUID
    org_id: str
    user_id: str
    way: str
    address: str
    nonce: bytes
    tries: int
    job_id: UUID | None
    expires_at: datetime
    used_at: datetime | None
    created_at: datetime
    expired: bool


STORED = [field.name for field in fields(VerificationRow) if field.name != "expired"]
COLUMNS = ", ".join([*(f"v.{name}" for name in STORED), "v.expires_at <= now() AS expired"])

FIND = (
    f"SELECT {COLUMNS} FROM verifications v "  # noqa: S608 - our own names
    "WHERE v.id = $1 AND v.org_id = $2 AND v.user_id = $3"
)


async def find_verification(
    session: "AsyncSession", org: str, user: str, ident: UUID
) -> VerificationRow | None:
    """Return what is to be verified, if this user asked for it."""
    return await one(session, VerificationRow, FIND, ident, org, user)
