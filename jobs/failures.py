"""Failures as callers see them: their failed jobs, grouped by why they failed."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from jobs import store
from jobs.db import Database
from jobs.resource import Resource
from jobs.store import Owner
from realtime.caller import Caller

LOOKED_AT: Final = 10_000


class FailureResource(Resource):
    """Failed jobs of one kind with one error code and, numbers and addresses aside, one message."""

    failure: str = Field(description="What the filter `failure` of jobs and bulk actions takes")
    kind: str
    code: str
    message: str = Field(description="As the newest of them says it")
    count: int
    first_at: datetime = Field(description="When the first of them failed")
    last_at: datetime
    job_ids: list[UUID] = Field(description="The newest five")


class FailureList(Resource):
    """Why jobs failed, the latest reason first."""

    data: list[FailureResource]
    looked_at: int = Field(description="How many failed jobs were counted: the newest")
    complete: bool = Field(description="Whether that was all of them, and all groups are listed")


class Failures:
    """Counts for one caller at a time: their own jobs', or what they may see of others'."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, kind: str | None, limit: int) -> FailureList:
        """Return at most ``limit`` groups of the newest 10,000 failed jobs. Raises Unavailable."""
        owner = Owner.reading(caller)
        rows, seen, groups = await store.failures(self._db, owner, kind, LOOKED_AT, limit)
        names = FailureResource.model_fields
        data = [FailureResource(**{name: getattr(row, name) for name in names}) for row in rows]
        complete = seen < LOOKED_AT and groups <= limit
        return FailureList(data=data, looked_at=seen, complete=complete)
