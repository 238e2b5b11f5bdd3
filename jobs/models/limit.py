"""What keeps jobs from being taken in twice, or from starting: idempotency keys, limits, paused queues."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

from jobs.models.job import instant
from jobs.models.storage_parameters import HOT, PASSING


class IdempotencyKey(SQLModel, table=True):
    """A key that was used by a submission: its body's ``fingerprint`` and the job or batch it made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idempotency_age", "created_at"), {"postgresql_with": PASSING})

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_id: UUID
    created_at: datetime = Field(sa_column=instant(now=True))


class Limit(SQLModel, table=True):
    """One limited thing: ``org:…``, ``kind:…``, ``key:…`` or ``rate:…``.

    ``used`` counts running jobs that took a slot of it, in the transactions that start and end them.
    ``free_at`` is the theoretical arrival time of a rate limit (GCRA), ``last_org`` whose job was let
    go last: the next one is another org's.
    """

    __tablename__ = "limits"
    __table_args__ = ({"postgresql_with": HOT},)

    key: str = Field(sa_column=Column(Text, primary_key=True))
    used: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    free_at: datetime = Field(sa_column=instant(now=True))
    last_org: str = Field(sa_column=Column(Text, nullable=False, server_default=""))


class PausedQueue(SQLModel, table=True):
    """A queue whose jobs do not start until it is resumed."""

    __tablename__ = "paused_queues"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    paused_by: str = Field(sa_column=Column(Text, nullable=False))
    paused_at: datetime = Field(sa_column=instant(now=True))
