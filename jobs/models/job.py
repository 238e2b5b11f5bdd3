"""The job's row and the small tables that keep it safe: sequences, workers, the database's realm."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from jobs.models.sequence_key import SEQUENCE_KEY
from jobs.models.storage_parameters import BUSY, HOT, PASSING


def instant(*, now: bool = False, null: bool = False) -> Any:
    """Return a column for an aware UTC time."""
    default = func.now() if now else None
    return Column(DateTime(timezone=True), server_default=default, nullable=null)


def small(default: int = 0) -> Any:
    """Return a column for a small counter."""
    return Column(SmallInteger, nullable=False, server_default=str(default))


def flag() -> Any:
    """Return a column for a yes or no that is no by default."""
    return Column(Boolean, nullable=False, server_default=text("false"))


class Job(SQLModel, table=True):
    """One job. Only ``jobs.store`` writes it, always naming the state it leaves.

    ``attempt`` grows by one with each start and never goes back: with ``worker_id`` it is the fence.
    ``failures`` counts attempts that failed (limited by ``max_attempts``), ``crashes`` workers that
    died under the job; a deploy counts as neither. ``version`` grows with every change,
    ``change_seq`` is that change's place in the user's sequence, ``history`` is the timeline, empty while
    the other columns tell it (see store.plain_life). ``worker_name`` is who runs it, or ran it last.
    ``score`` orders the jobs of one org: milliseconds since 1970 minus the priority's head start.
    A queued job that a limit keeps from starting is ``held_by`` that limit's key until its turn, then
    ``let_go_by`` it; a running one has taken the keys in ``slots`` (see models.limit). ``followed`` says
    that others wait for its end.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','scheduled','queued','running','retrying',"
            "'succeeded','failed','cancelled','expired')",
            name="jobs_state_known",
        ),
        CheckConstraint("(state = 'running') = (worker_id IS NOT NULL)", name="jobs_running_owned"),
        CheckConstraint(
            "(state IN ('succeeded','failed','cancelled','expired')) = (finished_at IS NOT NULL)",
            name="jobs_final_finished",
        ),
        CheckConstraint("held_by IS NULL OR state = 'queued'", name="jobs_held_queued"),
        Index(
            "jobs_queued",
            "org_id",
            "score",
            postgresql_where=text("state = 'queued' AND held_by IS NULL"),
        ),
        Index(
            "jobs_held",
            "held_by",
            "org_id",
            "score",
            postgresql_where=text("held_by IS NOT NULL"),
        ),
        Index(
            "jobs_of_key",
            "org_id",
            "concurrency_key",
            "score",
            postgresql_where=text("concurrency_key IS NOT NULL AND state = 'queued'"),
        ),
        Index(
            "jobs_unique",
            "org_id",
            "user_id",
            "kind",
            "unique_key",
            unique=True,
            postgresql_where=text("unique_key IS NOT NULL AND finished_at IS NULL"),
        ),
        Index(
            "jobs_expiring",
            "expires_at",
            postgresql_where=text(
                "expires_at IS NOT NULL AND attempt = 0 AND state IN ('waiting','scheduled','queued')"
            ),
        ),
        Index(
            "jobs_followed",
            "id",
            postgresql_where=text("followed AND finished_at IS NOT NULL"),
        ),
        Index("jobs_children", "parent_id", "id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("jobs_batch", "batch_id", "id", postgresql_where=text("batch_id IS NOT NULL")),
        Index(
            "jobs_of_schedule",
            "schedule_id",
            postgresql_where=text("schedule_id IS NOT NULL AND finished_at IS NULL"),
        ),
        Index("jobs_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
        Index("jobs_due", "run_at", postgresql_where=text("state IN ('scheduled','retrying')")),
        Index("jobs_running", "worker_id", postgresql_where=text("state = 'running'")),
        Index("jobs_changes", "org_id", "user_id", "change_seq"),
        Index("jobs_newest", "org_id", "user_id", "id"),
        Index(
            "jobs_unfinished",
            "org_id",
            "user_id",
            "change_seq",
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(
            "jobs_unsuccessful",
            "org_id",
            "user_id",
            "id",
            postgresql_where=text("state IN ('failed','cancelled','expired')"),
        ),
        # Its second condition keeps it from who asks for one org's: by it they would walk through all.
        Index(
            "jobs_failed",
            "id",
            postgresql_where=text("state = 'failed' AND finished_at IS NOT NULL"),
        ),
        Index("jobs_failed_of_org", "org_id", "id", postgresql_where=text("state = 'failed'")),
        {"postgresql_with": {"fillfactor": "85", **BUSY}},
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    queue: str = Field(sa_column=Column(Text, nullable=False, server_default="default"))
    state: str = Field(sa_column=Column(Text, nullable=False))
    priority: int = Field(sa_column=small())
    score: float = Field(sa_column=Column(Double, nullable=False))
    args: Any = Field(sa_column=Column(JSONB, nullable=False))
    result: Any = Field(sa_column=Column(JSONB))
    error: Any = Field(sa_column=Column(JSONB))
    progress: Any = Field(sa_column=Column(JSONB))
    attempt: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    failures: int = Field(sa_column=small())
    crashes: int = Field(sa_column=small())
    max_attempts: int = Field(sa_column=small(3))
    timeout_seconds: float = Field(sa_column=Column(Double, nullable=False))
    worker_id: UUID | None = None
    worker_name: str | None = Field(sa_column=Column(Text))
    parent_id: UUID | None = None
    batch_id: UUID | None = None
    schedule_id: UUID | None = None
    webhook_id: UUID | None = None
    unique_key: str | None = Field(sa_column=Column(Text))
    concurrency_key: str | None = Field(sa_column=Column(Text))
    after_policy: str | None = Field(sa_column=Column(Text))
    notify: bool = Field(sa_column=flag())
    followed: bool = Field(sa_column=flag())
    held_by: str | None = Field(sa_column=Column(Text))
    let_go_by: str | None = Field(sa_column=Column(Text))
    slots: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    awaiting: Any = Field(sa_column=Column(JSONB))
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    meta: Any = Field(sa_column=Column("metadata", JSONB, nullable=False, server_default="{}"))
    run_at: datetime = Field(sa_column=instant(now=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    started_at: datetime | None = Field(sa_column=instant(null=True))
    finished_at: datetime | None = Field(sa_column=instant(null=True))
    expires_at: datetime | None = Field(sa_column=instant(null=True))
    cancel_requested_at: datetime | None = Field(sa_column=instant(null=True))
    version: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="1"))
    change_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    history: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    trail: str | None = Field(sa_column=Column(Text))


class Sequence(SQLModel, table=True):
    """The newest number of each user's dense change sequence; taken in the change's transaction.

    SEQUENCE_KEY stands for org and user where thousands of sequences are looked up by each web process
    every two seconds: half the work of comparing texts. It is only in an index, and never changes, so a
    change costs nothing more. Two of 64 bits that are the same will not be met.
    """

    __tablename__ = "sequences"
    __table_args__ = (
        Index("sequences_key", text(SEQUENCE_KEY)),
        {"postgresql_with": HOT},
    )

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))


class Worker(SQLModel, table=True):
    """One life of a worker process and its lease; gone from here means fenced."""

    __tablename__ = "workers"
    __table_args__ = ({"postgresql_with": HOT},)

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_column=Column(Text, nullable=False))
    lease_until: datetime = Field(sa_column=instant())
    started_at: datetime = Field(sa_column=instant(now=True))
    info: Any = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))


class Realm(SQLModel, table=True):
    """This database's own name, half of the ``epoch`` that clients resume by."""

    __tablename__ = "realm"

    name: str = Field(sa_column=Column(Text, primary_key=True))


class SpentTicket(SQLModel, table=True):
    """A ticket that has been used, kept until it would have expired. Unlogged: losing it is harmless."""

    __tablename__ = "spent_tickets"
    __table_args__ = ({"prefixes": ["UNLOGGED"], "postgresql_with": PASSING},)

    nonce: str = Field(sa_column=Column(Text, primary_key=True))
    expires_at: datetime = Field(sa_column=instant())
