"""The job that a schedule submits, by a tick or by hand."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from jobs.errors import TooLarge
from jobs.processor import Kind
from jobs.storable import refuse_unstorable
from jobs.store import NewJob
from jobs.store.schedules import ScheduleRow
from jobs.ticks import jitter


def scheduled_job(
    row: ScheduleRow, kind: Kind, most_bytes: int, job_id: UUID, tick: datetime | None = None
) -> NewJob:
    """Return the job of ``tick``, or, without one, a job for now.

    Its metadata name the schedule and the tick, so that a processor knows which period it is for.
    Raises InvalidArgs, TooLarge.
    """
    options = row.options
    spread = timedelta(seconds=row.jitter_seconds)
    return NewJob(
        id=job_id,
        org_id=row.org_id,
        user_id=row.user_id,
        kind=kind.name,
        args=checked_args(row.args, kind, most_bytes),
        max_attempts=options.get("max_attempts") or kind.max_attempts,
        timeout_seconds=options.get("timeout") or kind.timeout.total_seconds(),
        priority=options.get("priority", 0),
        run_at=tick + jitter(row.id, tick, spread) if tick and spread else None,
        tags=options.get("tags", ()),
        metadata={**options.get("metadata", {}), "schedule": row.key, **told(tick)},
        schedule_id=row.id,
    )


def checked_args(args: Any, kind: Kind, most_bytes: int) -> Any:
    """Return args as the kind takes them. Raises InvalidArgs, TooLarge."""
    parsed = kind.parse(args).model_dump(mode="json", exclude_unset=True)
    if len(orjson.dumps(parsed)) > most_bytes:
        raise TooLarge(f"Args may be at most {most_bytes} bytes of JSON.")
    refuse_unstorable(parsed, "/args")
    return parsed


def told(tick: datetime | None) -> dict[str, str]:
    """Return what the metadata say of the tick."""
    return {"tick": tick.isoformat().replace("+00:00", "Z")} if tick else {}
