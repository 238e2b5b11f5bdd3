"""Workers as operators see them."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field

from jobs import store
from jobs.db import Database
from jobs.resource import Resource
from jobs.store import WorkerRow


class WorkerResource(Resource):
    """One life of a worker process, as of its last heartbeat. What it has not told yet is null."""

    id: UUID
    name: str = Field(description="Host and process")
    state: Literal["working", "draining", "lost"] = Field(
        description="`draining`: told to stop; `lost`: its lease ran out, its jobs are about to be rescued"
    )
    version: str | None = Field(description="The release of Jobcast it runs")
    python: str | None
    started_at: datetime
    seen_at: datetime = Field(description="Its last heartbeat")
    slots: int | None = Field(description="Attempts it can run at once")
    busy: int | None = Field(description="Slots that are taken")
    running: int | None = Field(description="Attempts, those that wait for others included")
    kinds: dict[str, int] = Field(description="What it runs, by kind")
    mean_seconds: float | None = Field(description="Mean time of an attempt, the latest ones first")
    ended_per_second: float | None
    loop_lag_seconds: float | None = Field(description="Longest delay of its event loop in 15 s")
    memory_bytes: int | None
    cpu_seconds: float | None


class WorkersResource(Resource):
    """All workers, by name."""

    data: list[WorkerResource]


class Workers:
    """Reads what is known of the workers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self) -> WorkersResource:
        """Return the workers, those about to be rescued from included. Raises Unavailable."""
        rows = await store.list_workers(self._db)
        return WorkersResource(data=[resource(row) for row in rows])


def resource(row: WorkerRow) -> WorkerResource:
    """Return a row as operators see it."""
    told = {name: row.info.get(name) for name in WorkerResource.model_fields}
    working = "draining" if row.info.get("draining") else "working"
    told |= {
        "id": row.id,
        "name": row.name,
        "state": working if row.live else "lost",
        "started_at": row.started_at,
        "seen_at": row.lease_until - timedelta(seconds=row.info.get("lease_seconds", 0)),
        "kinds": row.kinds,
    }
    return WorkerResource(**told)
