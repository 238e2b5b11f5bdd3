"""How far the kinds' own clocks have come; ``jobs.store.ticks`` reads and writes it."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


class KindTick(SQLModel, table=True):
    """The newest slot of a kind that was dealt with: one row a kind, so that none need be forgotten.

    It moves on in the transaction that accepts the slot's jobs.
    """

    __tablename__ = "ticks"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    slot: datetime = Field(sa_column=instant())
    fired_at: datetime = Field(sa_column=instant(now=True))
