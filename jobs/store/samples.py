"""Samples of queues and workers: one row a tick, read back in steps."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from jobs.db import Statements


@dataclass(frozen=True, slots=True)
class Sample:
    """How things stood; ``queued`` are those that may start, ``held`` wait for a limit."""

    queued: int
    held: int
    running: int
    lag_seconds: float
    workers: int
    slots: int
    busy: int


SAMPLED = """
SELECT FROM queue_samples WHERE at = date_bin($1::interval, now(), timestamptz '2000-01-01')
"""

# Whoever is first in a tick writes it; the others find it written.
ADD = """
INSERT INTO queue_samples (at, queued, held, running, lag_seconds, workers, slots, busy)
VALUES (date_bin($1::interval, now(), timestamptz '2000-01-01'), $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
"""

# The worst of a step, so that no peak is averaged away.
STEPS = """
SELECT date_bin($2::interval, at, $1::timestamptz) AS time, max(queued) AS queued, max(held) AS held,
  max(running) AS running, max(lag_seconds) AS lag_seconds, max(workers) AS workers,
  max(slots) AS slots, max(busy) AS busy
FROM queue_samples WHERE at >= $1 GROUP BY 1 ORDER BY 1
"""

PRUNE = """
DELETE FROM queue_samples WHERE at IN (
  SELECT at FROM queue_samples WHERE at < now() - interval '25 hours' ORDER BY at LIMIT $1
  FOR UPDATE SKIP LOCKED
) RETURNING at
"""


async def sampled(db: Statements, tick: timedelta) -> bool:
    """Return whether this tick's sample is kept already."""
    return bool(await db.fetch(SAMPLED, tick))


async def add_sample(db: Statements, tick: timedelta, sample: Sample) -> None:
    """Keep how things stand at this tick, unless somebody has."""
    await db.fetch(ADD, tick, *astuple(sample))


async def samples(
    db: Statements, begin: datetime, step: timedelta
) -> list[tuple[datetime, Sample]]:
    """Return the samples from ``begin`` on, the worst of each step, by its beginning."""
    found = await db.fetch(STEPS, begin, step)
    return [(record[0], Sample(*tuple(record)[1:])) for record in found]


async def prune_samples(db: Statements, most: int) -> int:
    """Delete samples that no chart reaches back to. Returns how many."""
    return len(await db.fetch(PRUNE, most))
