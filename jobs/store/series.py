"""What finished over time, for charts: counted and sampled within bounds, however much there was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.db import Statements

PROBES = 5
"""Looks per point: with more than can be read, what is read is spread over all of it."""
MOST_COUNTED = 5_000
MOST_SAMPLED = 100
MOST_MEMBERS = 1_000

WAITED = """CASE WHEN started_at >= greatest(created_at, run_at)
    THEN extract(epoch FROM started_at - greatest(created_at, run_at)) END"""
RAN = "CASE WHEN started_at IS NOT NULL THEN extract(epoch FROM finished_at - started_at) END"

# Of everybody's, by the index over when jobs finished: of each probe a bounded count from the index alone,
# and a bounded number of rows that stand for all of the probe's.
EVERYBODY = f"""
WITH probes AS (
  SELECT n, $1::timestamptz + n * $2::interval AS begins FROM generate_series(0, $3 * {PROBES} - 1) AS n
), counted AS MATERIALIZED (
  SELECT n, begins, c.jobs, c.last FROM probes CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, max(finished_at) AS last FROM (
      SELECT finished_at FROM jobs WHERE finished_at >= begins AND finished_at < begins + $2::interval
      ORDER BY finished_at LIMIT {MOST_COUNTED}
    ) AS few
  ) AS c WHERE c.jobs > 0
), seen AS MATERIALIZED (
  SELECT n / {PROBES} AS point, org_id, kind, queue, state, {WAITED} AS waited, {RAN} AS ran,
    jobs > {MOST_SAMPLED} AS estimated,
    jobs * CASE WHEN jobs = {MOST_COUNTED} THEN extract(epoch FROM $2::interval)
        / greatest(extract(epoch FROM last - begins), extract(epoch FROM $2::interval) / 100) ELSE 1 END
      / count(*) OVER (PARTITION BY n) AS weight
  FROM counted CROSS JOIN LATERAL (
    SELECT org_id, kind, queue, state, started_at, created_at, run_at, finished_at FROM jobs
    WHERE finished_at >= begins AND finished_at < begins + $2::interval
    ORDER BY finished_at LIMIT {MOST_SAMPLED}
  ) AS few
)
"""

# Of an org or a user, by the order of their changes: what finished lately is among what changed last.
MINE = f"""
WITH members AS (
  SELECT user_id FROM sequences
  WHERE org_id = $4 AND ($5::text IS NULL OR user_id = $5) LIMIT {MOST_MEMBERS}
), own AS MATERIALIZED (
  SELECT j.* FROM members m CROSS JOIN LATERAL (
    SELECT org_id, kind, queue, state, started_at, created_at, run_at, finished_at FROM jobs
    WHERE org_id = $4 AND user_id = m.user_id ORDER BY change_seq DESC
    LIMIT greatest($6::int / (SELECT count(*) FROM members), 100)
  ) AS j
), seen AS (
  SELECT floor(extract(epoch FROM finished_at - $1) / extract(epoch FROM $2::interval))::int AS point,
    org_id, kind, queue, state, {WAITED} AS waited, {RAN} AS ran,
    (SELECT count(*) FROM own) >= $6::int AS estimated, 1 AS weight
  FROM own WHERE finished_at >= $1 AND finished_at < $1 + $3::int * $2::interval
)
"""

# Both at once, from one look: by time, and by org and kind over the whole window.
FIGURES = """
SELECT point, org_id, kind, min(queue) AS queue, bool_or(estimated) AS estimated,
  coalesce(round(sum(weight) FILTER (WHERE state = 'succeeded')), 0)::int AS succeeded,
  coalesce(round(sum(weight) FILTER (WHERE state = 'failed')), 0)::int AS failed,
  coalesce(round(sum(weight) FILTER (WHERE state IN ('cancelled', 'expired'))), 0)::int AS others,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)::float8 AS wait_p50,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY waited)::float8 AS wait_p95,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY ran)::float8 AS run_p50,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY ran)::float8 AS run_p95
FROM seen GROUP BY GROUPING SETS ((point), (org_id, kind))
ORDER BY point NULLS LAST, count(*) DESC, org_id, kind LIMIT 600
"""

# How many waited and ran at the end of each step: those that had come, less those that had gone.
STANDING = """
, moves AS (
  SELECT greatest(created_at, run_at) AS at, 1 AS queued, 0 AS running FROM own
  WHERE state NOT IN ('waiting', 'scheduled', 'retrying')
  UNION ALL
  SELECT coalesce(CASE WHEN started_at >= run_at THEN started_at END, finished_at), -1, 0 FROM own
  WHERE state NOT IN ('waiting', 'scheduled', 'retrying', 'queued')
  UNION ALL
  SELECT started_at, 0, 1 FROM own WHERE started_at IS NOT NULL AND state <> 'queued'
  UNION ALL
  SELECT finished_at, 0, -1 FROM own WHERE started_at IS NOT NULL AND finished_at IS NOT NULL
)
SELECT greatest(-1, floor(extract(epoch FROM at - $1::timestamptz)
    / extract(epoch FROM $2::interval)))::int AS point,
  sum(queued)::int AS queued, sum(running)::int AS running
FROM moves WHERE at < $1 + $3::int * $2::interval GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Steps:
    """Equal steps of time: ``number`` of them from ``begin`` on.

    ``most_own`` is how many of an org's or user's newest jobs are looked at.
    """

    begin: datetime
    step: timedelta
    number: int
    most_own: int


@dataclass(frozen=True, slots=True)
class Finish:
    """What finished in a step (``point``), or of an org's kind in all of them. Times in seconds.

    ``estimated`` says that there was more than was looked at. Field order is column order.
    """

    point: int | None
    org: str | None
    kind: str | None
    queue: str | None
    estimated: bool
    succeeded: int
    failed: int
    others: int
    wait_p50: float | None
    wait_p95: float | None
    run_p50: float | None
    run_p95: float | None


async def finishes(
    db: Statements, steps: Steps, org: str | None = None, user: str | None = None
) -> list[Finish]:
    """Return what finished of everybody's jobs, or of an org's or a user's newest, in these steps."""
    given = (steps.begin, steps.step, steps.number)
    if org is None:
        found = await db.fetch(EVERYBODY + FIGURES, *probed(given))
    else:
        found = await db.fetch(MINE + FIGURES, *given, org, user, steps.most_own)
    return [Finish(*record) for record in found]


def probed(given: tuple[datetime, timedelta, int]) -> tuple[datetime, timedelta, int]:
    """Return the steps with the length of a probe."""
    begin, step, number = given
    return begin, step / PROBES, number


async def standing(
    db: Statements, steps: Steps, org: str, user: str | None
) -> list[tuple[int, int, int]]:
    """Return step, and by how many the queued and the running jobs of an org or user grew in it.

    Step -1 is all that was before.
    """
    given = (steps.begin, steps.step, steps.number, org, user, steps.most_own)
    cut = MINE.rindex(", seen AS (")
    return [tuple(r) for r in await db.fetch(MINE[:cut] + STANDING, *given)]
