"""The audit log's table; ``jobs.store.audit`` writes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class AuditEntry(SQLModel, table=True):
    """One thing that somebody did. Triggers refuse any change, and removal within thirty days.

    ``org_id`` is whose things it was about, None for what belongs to no org (queues, the installation);
    ``actor`` and ``actor_org`` are who did it, None where nobody was recognised; ``via`` is what they came
    with: ``key:<id>``, ``session:<id>``, ``bearer``, ``ticket`` or ``command``.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_org", "org_id", "id"),
        Index("audit_subject", "subject", "id"),
        Index("audit_actor", "actor", "id"),
        Index("audit_action", "action", "id"),
    )

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=instant(now=True))
    org_id: str | None = Field(sa_column=Column(Text))
    actor: str | None = Field(sa_column=Column(Text))
    actor_org: str | None = Field(sa_column=Column(Text))
    via: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    detail: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    request_id: str | None = Field(sa_column=Column(Text))
    address: str | None = Field(sa_column=Column(Text))
