"""What users write down as it comes to mind; ``brain_dumps`` of ``jobs.kept`` and ``jobs.store`` use it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant

STATUSES = "'reading', 'waiting', 'done', 'rejected', 'nothing_found', 'expired'"


class BrainDump(SQLModel, table=True):
    """One text and what became of it, under the id of the job that reads it.

    ``known`` is what the user had to do when it was read, ``context`` and ``tasks`` what two extractions
    have found so far; ``extracted`` names those that are whole. ``proposals`` are the operations that were
    proposed, a list for each time, ``outcomes`` what was done with the last of them.
    """

    __tablename__ = "brain_dumps"
    __table_args__ = (
        CheckConstraint(f"status IN ({STATUSES})", name="brain_dumps_status_known"),
        Index("brain_dumps_owner", "org_id", "user_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="reading"))
    known: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    context: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    tasks: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    extracted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    proposals: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    outcomes: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    usage: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())
