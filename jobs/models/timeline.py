"""A course's timeline and the text it was read from, kept for a day."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.models.job import instant

FIND = text(
    """
    SELECT * FROM timelines
    WHERE id = :id AND org_id = :org AND user_id = :user AND expires_at > now()
    """
)
KEEP = text(
    """
    INSERT INTO timelines (id, org_id, user_id, title, pages, result, created_at,
                           expires_at)
    VALUES (:id, :org_id, :user_id, :title, :pages, :result, :created_at, :expires_at)
    ON CONFLICT (id) DO UPDATE SET
      title = excluded.title, pages = excluded.pages, result = excluded.result,
      expires_at = excluded.expires_at
    WHERE timelines.org_id = excluded.org_id AND timelines.user_id = excluded.user_id
    """
).bindparams(bindparam("pages", type_=JSONB), bindparam("result", type_=JSONB))
FORGET = text("DELETE FROM timelines WHERE expires_at <= now()")


class Timeline(SQLModel, table=True):
    """The id of the job that first read it, so that running the job twice writes one row.

    ``pages`` is the document's text (rows of cells), so that it can be read again without the file.
    """

    __tablename__ = "timelines"
    __table_args__ = (Index("timelines_expiry", "expires_at"),)

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    pages: Any = Field(sa_column=Column(JSONB, nullable=False))
    result: Any = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())


async def find_timeline(session: AsyncSession, org: str, user: str, ident: UUID) -> Timeline | None:
    """Return a timeline that has not expired, if it is this user's."""
    connection = await session.connection()
    rows = await connection.execute(FIND, {"id": ident, "org": org, "user": user})
    row = rows.mappings().first()
    return Timeline(**row) if row else None


async def keep_timeline(session: AsyncSession, timeline: Timeline) -> None:
    """Write the timeline, over an earlier one of the same id and owner; forget expired ones."""
    connection = await session.connection()
    await connection.execute(FORGET)
    await connection.execute(KEEP, timeline.model_dump())
