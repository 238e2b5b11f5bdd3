"""The job that a schedule submits, by a tick or by hand."""

from datetime import datetime, timedelta
from uuid import UUID

from jobs.acceptance import Acceptance, Origin, Submission
from jobs.schedules.ticks import jitter, job_id
from jobs.store import NewJob
from jobs.store.schedules import ScheduleRow
from jobs.wire_json import moment
from realtime.caller import Caller


def job_of_tick(acceptance: Acceptance, row: ScheduleRow, tick: datetime) -> NewJob:
    """Return the one job that ``tick`` makes; jitter delays it.

    Its metadata name the schedule and the tick, so that a processor knows which period it is for.
    Raises what Acceptance.build raises.
    """
    spread = timedelta(seconds=row.jitter_seconds)
    run_at = tick + jitter(row.id, tick, spread) if spread else None
    told = {"tick": moment(tick)}
    return build(acceptance, row, told, run_at, job_id(row.id, tick))


def job_of_now(acceptance: Acceptance, row: ScheduleRow) -> NewJob:
    """Return a job for now, beside the ticks. Raises what Acceptance.build raises."""
    return build(acceptance, row, {}, None, None)


def build(
    acceptance: Acceptance,
    row: ScheduleRow,
    told: dict[str, str],
    run_at: datetime | None,
    new_id: UUID | None,
) -> NewJob:
    """Return the schedule's job, in the name of its owner."""
    options = row.options
    wanted = Submission(
        kind=row.kind,
        args=row.args,
        priority=options.get("priority", 0),
        run_at=run_at,
        max_attempts=options.get("max_attempts"),
        timeout_seconds=options.get("timeout"),
        tags=options.get("tags", ()),
        metadata={**options.get("metadata", {}), "schedule": row.key, **told},
        expires_seconds=options.get("expires_in"),
        concurrency_key=options.get("concurrency_key"),
        notify=options.get("notify"),
    )
    owner = Caller(row.user_id, row.org_id, frozenset({"jobs:write"}))
    return acceptance.build(owner, wanted, Origin(job_id=new_id, schedule_id=row.id))
