"""Who may come in, and who no more: API keys, browser sessions, revocations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class ApiKey(SQLModel, table=True):
    """A key of a user in an org. Only its SHA-256 is kept; ``hint`` is the beginning people know it by.

    ``made_by`` is the key that made it, if one did.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("api_keys_digest", "digest", unique=True),
        Index("api_keys_owner", "org_id", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    hint: str = Field(sa_column=Column(Text, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_by: UUID | None = None
    created_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime | None = Field(sa_column=instant(null=True))
    last_used_at: datetime | None = Field(sa_column=instant(null=True))


class OpenSession(SQLModel, table=True):
    """A browser that signed in, so that all of a user's can be signed out.

    It grants nothing: the sealed cookie does. ``opened_by`` is the API key it was opened with; without
    a foreign key, since a key and its sessions are removed by one statement.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_owner", "org_id", "user_id"),)

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    opened_by: UUID | None = None
    opened_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())


class Revoked(SQLModel, table=True):
    """``session:<id>`` or ``key:<id>`` that is taken no more, kept until it would have expired."""

    __tablename__ = "revocations"
    __table_args__ = (Index("revocations_new", "revoked_at"),)

    session: str = Field(sa_column=Column(Text, primary_key=True))
    revoked_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())
