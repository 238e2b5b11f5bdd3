"""What a user has said about being told, as processors that deliver read it; ``jobs.store`` writes it."""

from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import TYPE_CHECKING

from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class WishesRow:
    """One user's clock, quiet hours and addresses (``models.preferences``). Field order is column order."""

    timezone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    email: str | None = None
    email_opt_in: bool = False
    email_verified_at: datetime | None = None
    phone: str | None = None
    sms_opt_in: bool = False
    phone_verified_at: datetime | None = None
    brief_email: bool = False


COLUMNS = ", ".join(f"p.{field.name}" for field in fields(WishesRow))

FIND = f"SELECT {COLUMNS} FROM preferences p WHERE p.org_id = $1 AND p.user_id = $2"  # noqa: S608 - our own names

NOW = "SELECT now()"


async def find_wishes(session: "AsyncSession", org: str, user: str) -> WishesRow:
    """Return what the user has said; the defaults when they never said anything."""
    row = (await run(session, FIND, org, user)).first()
    return WishesRow(*row) if row else WishesRow()


async def moment(session: "AsyncSession") -> datetime:
    """Return the database's time."""
    row = (await run(session, NOW)).one()
    now: datetime = row[0]
    return now
