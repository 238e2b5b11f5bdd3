"""How a user wants to be told: where their clock hangs, when to be left alone, by which ways."""

from datetime import datetime, time

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    Text,
    Time,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.job import flag, instant


class Preferences(SQLModel, table=True):
    """One user's wishes within one org; who never said anything has no row.

    ``quiet_from`` and ``quiet_until`` are times of the wall clock in ``timezone``; both or neither.
    ``brief_hour`` is the hour of that clock at which a daily brief is due to who has opted in to it.
    ``handed_off_at`` is when an e-mail or SMS was last handed off, so that there are never many.
    """

    __tablename__ = "preferences"
    __table_args__ = (
        CheckConstraint("brief_hour BETWEEN 0 AND 23", name="preferences_brief_hour"),
        Index(
            "preferences_briefs", "timezone", "brief_hour", postgresql_where=text("brief_opt_in")
        ),
    )

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    timezone: str = Field(sa_column=Column(Text, nullable=False, server_default="UTC"))
    quiet_from: time | None = Field(sa_column=Column(Time))
    quiet_until: time | None = Field(sa_column=Column(Time))
    urgent_failures: bool = Field(sa_column=flag())
    email: str | None = Field(sa_column=Column(Text))
    email_opt_in: bool = Field(sa_column=flag())
    email_verified_at: datetime | None = Field(sa_column=instant(null=True))
    phone: str | None = Field(sa_column=Column(Text))
    sms_opt_in: bool = Field(sa_column=flag())
    phone_verified_at: datetime | None = Field(sa_column=instant(null=True))
    webhook_opt_in: bool = Field(
        sa_column=Column(Boolean, nullable=False, server_default=text("true"))
    )
    about: str = Field(sa_column=Column(Text, nullable=False, server_default="all"))
    names: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    handoff_seconds: int | None = Field(sa_column=Column(Integer))
    brief_opt_in: bool = Field(sa_column=flag())
    brief_hour: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="7"))
    brief_email: bool = Field(sa_column=flag())
    handed_off_at: datetime | None = Field(sa_column=instant(null=True))
    updated_at: datetime = Field(sa_column=instant(now=True))
