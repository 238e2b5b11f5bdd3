"""Measuring whole batches of jobs at once, after their commit: some tenths of a microsecond each."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from jobs.measures import ATTEMPT, ENQUEUE_TO_START, FAILED, START_TO_COMMIT
from jobs.running import Running
from jobs.store import JobRow, Outcome

WAITED = "job.waiting"
PLAIN = 2  # the version of a job that was accepted and started, and nothing else


def measure_starts(rows: Iterable[JobRow]) -> None:
    """Measure how long jobs waited that were just started, by Postgres' clock."""
    waits = [
        row.started_at - max(row.run_at, row.created_at)
        for row in rows
        if row.started_at is not None and (row.version == PLAIN or comparable(row))
    ]
    ENQUEUE_TO_START.observe_all([wait.total_seconds() for wait in waits])


def comparable(row: JobRow) -> bool:
    """Return whether its row says since when the job could start.

    It does not of one that waited for other jobs, or that was given back or rescued before.
    """
    if row.attempt != row.failures + 1:
        return False
    return not row.history or row.history[0]["type"] != WAITED


def measure_endings(
    rows: Sequence[JobRow], ended: Iterable[Outcome], running: Mapping[UUID, Running]
) -> None:
    """Measure attempts whose endings were just committed."""
    now = time.monotonic()
    words = {outcome.id: outcome.outcome for outcome in ended}
    commits: list[float] = []
    attempts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        one = running.get(row.id)
        if one is not None and one.attempt == row.attempt:
            commits.append(now - one.began)
            attempts[row.kind, words[row.id]].append(one.ended - one.began)
            if row.state == "failed":
                FAILED.add(row.kind)
    START_TO_COMMIT.observe_all(commits)
    for labels, seconds in attempts.items():
        ATTEMPT.of(*labels).observe_all(seconds)
