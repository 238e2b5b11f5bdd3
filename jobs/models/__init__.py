"""The tables, one aggregate a file. ``metadata`` is what alembic compares the database with."""

from sqlmodel import SQLModel

from jobs.models.job import Job, Realm, Sequence, SpentTicket, State, Worker
from jobs.models.page import Page
from jobs.models.timeline import Timeline
from jobs.models.upload import Upload

metadata = SQLModel.metadata

__all__ = [
    "Job",
    "Page",
    "Realm",
    "Sequence",
    "SpentTicket",
    "State",
    "Timeline",
    "Upload",
    "Worker",
    "metadata",
]
