"""What a user's jobs act with elsewhere; ``jobs.kept.connections`` reads and writes it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Connection(SQLModel, table=True):
    """An account with a provider. ``credentials`` are sealed, ``holds`` names which there are.

    ``refreshing_until`` is the lease of whoever refreshes its tokens now; ``unanswered_at`` when a refresh
    began of whose answer nothing is known yet; ``refresh_after`` keeps the clock away after a failure.
    ``version`` grows with every change its owner or a refresh makes.
    """

    __tablename__ = "connections"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'expired', 'revoked')", name="connections_status"),
        Index("connections_owner", "org_id", "user_id", "created_at", "id"),
        Index(
            "connections_expiry",
            "expires_at",
            postgresql_where=text("status = 'active' AND expires_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    provider: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    base_url: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    token_url: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    account: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    credentials: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    holds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    expires_at: datetime | None = Field(sa_column=instant(null=True))
    status: str = Field(sa_column=Column(Text, nullable=False, server_default="active"))
    status_reason: str | None = Field(sa_column=Column(Text))
    refreshed_at: datetime | None = Field(sa_column=instant(null=True))
    refreshing_until: datetime | None = Field(sa_column=instant(null=True))
    unanswered_at: datetime | None = Field(sa_column=instant(null=True))
    refresh_after: datetime | None = Field(sa_column=instant(null=True))
    refresh_failures: int = Field(
        sa_column=Column(SmallInteger, nullable=False, server_default="0")
    )
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default="1"))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
