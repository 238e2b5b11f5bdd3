"""Outgoing webhooks and what is on its way to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant
from jobs.models.storage_parameters import PASSING


class Webhook(SQLModel, table=True):
    """Where events are sent. ``for_job`` marks one that a submission named: it hears of its jobs only.

    ``secret`` is sealed; ``old_secret`` signs too until ``old_secret_until``. ``failing_since`` is the
    first failure since the last success.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        Index("webhooks_owner", "org_id", "user_id"),
        Index(
            "webhooks_of_jobs",
            "org_id",
            "user_id",
            "url",
            unique=True,
            postgresql_where=text("for_job"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    description: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    events: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    for_job: bool = Field(sa_column=flag())
    whole_org: bool = Field(sa_column=flag())
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    old_secret: bytes | None = Field(sa_column=Column(LargeBinary))
    old_secret_until: datetime | None = Field(sa_column=instant(null=True))
    failing_since: datetime | None = Field(sa_column=instant(null=True))
    disabled_at: datetime | None = Field(sa_column=instant(null=True))
    disabled_reason: str | None = Field(sa_column=Column(Text))
    created_at: datetime = Field(sa_column=instant(now=True))


class Delivery(SQLModel, table=True):
    """One event for one webhook, written in the transaction of the change it tells.

    ``subject_id`` is the job, batch or inbox entry, ``seq`` its version then. ``body`` is built at the
    first try and stays the same. ``next_at`` is None when nothing more will be tried; while a try is
    under way it is the end of its lease, and so the fence. There is no foreign key: a webhook deleted
    meanwhile must not fail the change of a job; rows without a webhook are swept up.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "deliveries_due",
            "webhook_id",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("deliveries_webhook", "webhook_id", "created_at", "id"),
        Index("deliveries_age", "created_at"),
        {"postgresql_with": {"fillfactor": "70", **PASSING}},
    )

    id: UUID = Field(primary_key=True)
    webhook_id: UUID
    type: str = Field(sa_column=Column(Text, nullable=False))
    subject_id: UUID | None = None
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    change_seq: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))
    body: str | None = Field(sa_column=Column(Text))
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    status: int | None = Field(sa_column=Column(SmallInteger))
    problem: str | None = Field(sa_column=Column(Text))
    next_at: datetime | None = Field(sa_column=instant(now=True, null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    delivered_at: datetime | None = Field(sa_column=instant(null=True))
