"""Files somebody uploaded: the row here, its bytes in ``jobs.storage`` under the row's id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Upload(SQLModel, table=True):
    """Bytes waiting for a processor. ``name`` is for showing only and never becomes a path."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("uploads_expiry", "expires_at"),
        Index("uploads_of_org", "org_id"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    media_type: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=instant(now=True))
    expires_at: datetime = Field(sa_column=instant())
