"""One statement on a processor's session: the driver gets it as it is written."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.engine import CursorResult
    from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")


async def run(session: "AsyncSession", sql: str, *values: Any) -> "CursorResult[Any]":
    """Run a statement and return what it found."""
    return await (await session.connection()).exec_driver_sql(sql, values or None)


async def one(session: "AsyncSession", row: Callable[..., T], sql: str, *values: Any) -> T | None:
    """Run a statement and return its first row as ``row``, which is made of its columns by name."""
    found = (await run(session, sql, *values)).mappings().first()
    return row(**found) if found else None
