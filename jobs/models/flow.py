"""What binds jobs together: batches, who waits for whom, and what an attempt leaves for the next."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant
from jobs.models.state import State
from jobs.models.storage_parameters import HOT


def counter() -> Any:
    """Return a column that counts a batch's jobs in one state."""
    return Column(Integer, nullable=False, server_default="0")


UNFINISHED = " + ".join(state for state in State if not state.final)


class Batch(SQLModel, table=True):
    """Jobs that were submitted together. The counters move in the transaction of each job's change.

    More jobs may be added while it is ``open``. When it is not and no job is unfinished it completes:
    once per ``round``, a new round begins when its failed jobs are retried. ``version`` counts what is told
    for good, ``revision`` every change.
    """

    __tablename__ = "batches"
    __table_args__ = (
        Index("batches_changes", "org_id", "user_id", "change_seq"),
        Index("batches_newest", "org_id", "user_id", "id"),
        Index(
            "batches_done",
            "id",
            postgresql_where=text(f"completed_at IS NULL AND NOT open AND {UNFINISHED} = 0"),
        ),
        Index(
            "batches_completed", "completed_at", postgresql_where=text("completed_at IS NOT NULL")
        ),
        {"postgresql_with": HOT},
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    total: int = Field(sa_column=counter())
    waiting: int = Field(sa_column=counter())
    scheduled: int = Field(sa_column=counter())
    queued: int = Field(sa_column=counter())
    running: int = Field(sa_column=counter())
    retrying: int = Field(sa_column=counter())
    succeeded: int = Field(sa_column=counter())
    failed: int = Field(sa_column=counter())
    cancelled: int = Field(sa_column=counter())
    expired: int = Field(sa_column=counter())
    open: bool = Field(sa_column=flag())
    round: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="1"))
    on_complete: Any = Field(sa_column=Column(JSONB))
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    created_at: datetime = Field(sa_column=instant(now=True))
    completed_at: datetime | None = Field(sa_column=instant(null=True))
    version: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="1"))
    change_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    revision: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="1"))


def of_job(*, primary: bool = False) -> Any:
    """Return a column that names a job and goes with it."""
    reference = ForeignKey("jobs.id", ondelete="CASCADE")
    return Column(reference, primary_key=primary, nullable=False)


class Dependency(SQLModel, table=True):
    """``job_id`` starts only after ``after_id`` has finished."""

    __tablename__ = "dependencies"
    __table_args__ = (Index("dependencies_job", "job_id"),)

    after_id: UUID = Field(sa_column=of_job(primary=True))
    job_id: UUID = Field(sa_column=of_job(primary=True))


class Checkpoint(SQLModel, table=True):
    """What an attempt saved for the next one; the newest replaces the one before."""

    __tablename__ = "checkpoints"

    job_id: UUID = Field(sa_column=of_job(primary=True))
    data: Any = Field(sa_column=Column(JSONB, nullable=False))
    saved_at: datetime = Field(sa_column=instant(now=True))


class Answer(SQLModel, table=True):
    """What somebody handed to a job's ``number``-th request for input; later attempts read it again."""

    __tablename__ = "answers"

    job_id: UUID = Field(sa_column=of_job(primary=True))
    number: int = Field(
        sa_column=Column(SmallInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    data: Any = Field(sa_column=Column(JSONB, nullable=False))
    answered_by: str = Field(sa_column=Column(Text, nullable=False))
    answered_at: datetime = Field(sa_column=instant(now=True))
