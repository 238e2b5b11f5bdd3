"""A kind that rings at each quarter, for the simulation's own test."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from jobs import Context, processor
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


class Ring(BaseModel):
    at: datetime


async def towers(session: "AsyncSession", now: datetime, limit: int) -> Sequence[Due]:
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return [Due("acme", user, Ring(at=quarter), f"{quarter}") for user in ("north", "south")]


@processor("bell", tick=Tick("*/15 * * * *", towers))
async def bell(context: Context, args: Ring) -> datetime:
    """Ring; twice is harmless."""
    await context.sleep(0.05)
    return args.at
