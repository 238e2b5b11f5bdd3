"""Samples of queues and workers, so that charts can look back at what no job's row tells."""

from datetime import datetime

from sqlalchemy import Column, Double, Integer
from sqlmodel import Field, SQLModel

from jobs.models.job import instant


def number() -> Column[int]:
    """Return a column for a count."""
    return Column(Integer, nullable=False)


class QueueSample(SQLModel, table=True):
    """How things stood at one tick, over all queues and orgs, kept for a day."""

    __tablename__ = "queue_samples"

    at: datetime = Field(sa_column=Column(instant().type, primary_key=True))
    queued: int = Field(sa_column=number())
    held: int = Field(sa_column=number())
    running: int = Field(sa_column=number())
    lag_seconds: float = Field(sa_column=Column(Double, nullable=False))
    workers: int = Field(sa_column=number())
    slots: int = Field(sa_column=number())
    busy: int = Field(sa_column=number())
