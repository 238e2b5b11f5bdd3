"""Asked-for proofs that an address is its user's; ``jobs.store.verifications`` writes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Text, Uuid
from sqlmodel import Field, SQLModel

from jobs.models.job import instant, small


class Verification(SQLModel, table=True):
    """One code that was sent to one address. The code itself stands nowhere: see ``jobs.codes``.

    Only the newest of a user and way can be confirmed; ``tries`` counts wrong codes, ``used_at`` is when
    the right one came.
    """

    __tablename__ = "verifications"
    __table_args__ = (
        Index("verifications_owner", "org_id", "user_id", "way", "created_at"),
        Index("verifications_address", "way", "address", "created_at"),
        Index("verifications_created", "created_at"),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    way: str = Field(sa_column=Column(Text, nullable=False))
    address: str = Field(sa_column=Column(Text, nullable=False))
    nonce: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    tries: int = Field(sa_column=small())
    job_id: UUID | None = Field(sa_column=Column(Uuid))
    expires_at: datetime = Field(sa_column=instant())
    used_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
