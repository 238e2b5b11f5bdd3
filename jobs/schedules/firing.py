"""What a pass of the scheduler makes of one due schedule: jobs to accept, and where its row moves on to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.acceptance import Acceptance
from jobs.schedules.missed import DueTicks, without_overlap
from jobs.schedules.scheduled_job import job_of_tick
from jobs.store import NewJob
from jobs.store.due_schedules import Move
from jobs.store.schedules import ScheduleRow

LONGEST_PROBLEM = 500


@dataclass(frozen=True, slots=True)
class Firing:
    """``jobs`` are accepted and ``move`` is written in one transaction."""

    jobs: Sequence[NewJob]
    move: Move


def fire(row: ScheduleRow, due: DueTicks, acceptance: Acceptance, *, unfinished: bool) -> Firing:
    """Make the jobs of the ticks that are due; ``unfinished`` says that an earlier one has not ended.

    A kind that is gone, or takes other args since a deploy, is written down and costs these ticks.
    """
    taken = without_overlap(due.ticks, row.overlap, unfinished=unfinished)
    try:
        jobs = [job_of_tick(acceptance, row, tick) for tick in taken]
    except Exception as error:
        return Firing([], moved(row, due, [], told(error)))
    return Firing(jobs, moved(row, due, jobs, shortfall(due, taken)))


def stopped(row: ScheduleRow, error: Exception) -> Firing:
    """Let a schedule rest: its next tick cannot be told, or the database refuses its jobs."""
    return Firing([], Move(row.id, None, row.last_at, None, 0, told(error)))


def moved(row: ScheduleRow, due: DueTicks, jobs: Sequence[NewJob], problem: str | None) -> Move:
    """Return where the row goes on."""
    newest = jobs[-1].id if jobs else None
    return Move(row.id, due.next_at, due.last, newest, len(jobs), problem)


def shortfall(due: DueTicks, taken: Sequence[datetime]) -> str | None:
    """Return the sentence that tells why not every due tick made a job."""
    if due.dropped:
        return f"Ticks up to {due.last:%Y-%m-%d %H:%M:%S} UTC were found too late."
    if len(taken) < len(due.ticks):
        return f"At {due.last:%Y-%m-%d %H:%M:%S} UTC the job before had not ended."
    return None


def told(error: Exception) -> str:
    """Return what went wrong, short enough for a row, and without what Postgres cannot hold."""
    text = str(error) or type(error).__name__
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:LONGEST_PROBLEM]
