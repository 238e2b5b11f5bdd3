"""E-mails that jobs sent or tried to send; see ``jobs.kept.emails`` and ``jobs.store.emails``."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, Text, Uuid, text
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class Email(SQLModel, table=True):
    """One e-mail of one job: its envelope and what became of it, never its words.

    ``asked_at`` is when a server was given the mail and not heard of since: with it and without
    ``sent_at`` nobody knows whether it went. ``attempt`` is the attempt of the job that may write the row.
    ``list`` is what its link unsubscribes from, None for a mail that has no such link.
    """

    __tablename__ = "emails"
    __table_args__ = (
        CheckConstraint("state IN ('sending', 'sent', 'failed')", name="emails_state"),
        CheckConstraint("list IN ('handoff', 'brief', 'other')", name="emails_list"),
        Index("emails_owner", "org_id", "user_id", "created_at", "id"),
        Index(
            "emails_unsubscribed",
            "org_id",
            "address",
            postgresql_where=text("unsubscribed_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    org_id: str = Field(sa_column=Column(Text, nullable=False))
    user_id: str = Field(sa_column=Column(Text, nullable=False))
    job_id: UUID
    attempt: int = Field(sa_column=Column(Integer, nullable=False))
    list: str | None = Field(sa_column=Column(Text))
    address: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    message_id: str = Field(sa_column=Column(Text, nullable=False))
    brief_id: UUID | None = Field(sa_column=Column(Uuid))
    state: str = Field(sa_column=Column(Text, nullable=False, server_default="sending"))
    answer: str | None = Field(sa_column=Column(Text))
    error: str | None = Field(sa_column=Column(Text))
    asked_at: datetime | None = Field(sa_column=instant(null=True))
    sent_at: datetime | None = Field(sa_column=instant(null=True))
    unsubscribed_at: datetime | None = Field(sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant(now=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
