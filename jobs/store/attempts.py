"""One go at a job: started by a worker that holds a lease, settled only by that same attempt."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from jobs.db import Database, Statements
from jobs.limits import NO_LIMITS, Candidate, Limits
from jobs.store.limits import admit, hold
from jobs.store.plain_life import ENDS_PLAINLY, STARTS_PLAINLY
from jobs.store.row import COLUMNS, WITHOUT_ARGS, JobRow, rows
from jobs.store.sql import FREED, NEXT, change, entry, noted, told

# FOR KEY SHARE on the worker's row is essential: without it a start that commits just after the
# reaper deleted the worker leaves a running job that nobody rescues.
ME = "SELECT id FROM workers WHERE id = $1 AND lease_until > now() FOR KEY SHARE"

# How many there are is hidden from the planner: for a single one it would plan anew every time, which takes
# longer than the start itself.
IDS = "(SELECT $3::uuid[])::uuid[]"

# A job that keeps losing its workers may be what kills them. Before its last chance runs out it is a
# suspect, and a worker runs at most one suspect at a time: so the poison takes no neighbours along.
UNSUSPICIOUS = f"""(j.crashes < $4 OR j.id = (
    SELECT s.id FROM jobs s WHERE s.id = ANY({IDS}) AND s.state = 'queued'
      AND s.crashes > 0 AND s.crashes >= $4
      AND NOT EXISTS (SELECT FROM jobs r
                      WHERE r.worker_id = $1 AND r.state = 'running' AND r.crashes >= $4)
    ORDER BY s.score LIMIT 1
  ))"""

# The state is compared in a way that no index knows: each job is to be found by its id, whatever the
# planner believes of how few are queued (or run) just now.
QUEUED = "j.state || '' = 'queued'"

STARTABLE = f"""{QUEUED} AND j.held_by IS NULL
    AND j.kind = ANY($2::text[]) AND EXISTS (TABLE me)
    AND (j.expires_at IS NULL OR j.expires_at > now() OR j.attempt > 0)
    AND {UNSUSPICIOUS}"""

UNPAUSED = "j.queue <> ALL (SELECT name FROM paused_queues)"

STARTED = change("'running'", "'job.started'")

ASKED = f"(SELECT DISTINCT id FROM unnest({IDS}) AS id ORDER BY id) AS asked"

RUNNING = f"""
{told()}
UPDATE jobs j SET state = 'running', attempt = j.attempt + 1, worker_id = $1, started_at = now(),
  worker_name = $5::text, slots = n.slots, let_go_by = NULL,
  {NEXT},
  {entry("j.attempt + 1", "jsonb_build_object('worker', $5::text)", STARTS_PLAINLY)}
FROM numbered n WHERE j.id = n.id AND {QUEUED}
RETURNING {COLUMNS}
"""

# Only what no limit concerns: that needs no look at the limits, and no lock on them.
START = f"""
WITH me AS MATERIALIZED ({ME}), own AS MATERIALIZED (
  SELECT j.*, '{{}}'::text[] AS slots FROM {ASKED}, LATERAL (
    SELECT {STARTED} FROM jobs j
    WHERE j.id = asked.id AND {STARTABLE} AND {UNPAUSED}
      AND NOT $6 AND j.concurrency_key IS NULL AND j.kind <> ALL($7::text[])
    FOR NO KEY UPDATE
  ) j
), {RUNNING}"""

# Of the jobs with one concurrency key the first in line alone may start, however the others got here.
FIRST = """(j.concurrency_key IS NULL OR NOT EXISTS (
    SELECT FROM jobs e WHERE e.org_id = j.org_id AND e.concurrency_key = j.concurrency_key
      AND e.state = 'queued' AND e.score < j.score AND e.kind = ANY($2::text[])
      AND e.queue <> ALL (SELECT name FROM paused_queues)
  ))"""

CANDIDATES = f"""
WITH me AS MATERIALIZED ({ME})
SELECT j.id, j.org_id, j.kind, j.concurrency_key, j.score, j.let_go_by, {FIRST} FROM jobs j
WHERE j.id = ANY($3::uuid[]) AND {STARTABLE} AND {UNPAUSED}
ORDER BY j.id FOR NO KEY UPDATE SKIP LOCKED
"""

# Whoever was admitted has taken its slots: nothing may keep it from starting that is not locked by now,
# hence no look at the paused queues.
START_ADMITTED = f"""
WITH me AS MATERIALIZED ({ME}), own AS MATERIALIZED (
  SELECT {STARTED}, ARRAY(SELECT jsonb_array_elements_text(a.slots -> 'slots')) AS slots
  FROM jobs j JOIN unnest($3::uuid[], $6::jsonb[]) AS a(id, slots) ON a.id = j.id
  WHERE {STARTABLE}
  ORDER BY j.id FOR NO KEY UPDATE OF j
), {RUNNING}"""


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts jobs, and under which limits. One with ``suspicious`` crashes or more is a suspect."""

    worker: UUID
    name: str
    kinds: Collection[str]
    suspicious: int = 2
    limits: Limits = NO_LIMITS


async def start(db: Database, starter: Starter, ids: Sequence[UUID]) -> list[JobRow]:
    """Start those of ``ids`` that are still queued, of a known kind, and concerned by no limit."""
    limits = bool(starter.limits.per_org), list(starter.limits.kinds)
    return rows(await db.fetch(START, *columns(starter, ids), starter.name, *limits))


class Limited(NamedTuple):
    """What came of starting under limits: who started, and whose turns led to nothing.

    ``passed_on`` counts them by the key that had let them go: another limit holds them now, so it may let
    as many others go.
    """

    rows: list[JobRow]
    passed_on: Mapping[str, int]


async def start_limited(db: Database, starter: Starter, ids: Sequence[UUID]) -> Limited:
    """Start those of ``ids`` that are left and that their limits admit.

    What a limit keeps back is held by it (``held_by``) until it lets go; the rest is not ours.
    """
    return await db.in_transaction(lambda tx: start_admitted(tx, starter, ids))


async def start_admitted(db: Statements, starter: Starter, ids: Sequence[UUID]) -> Limited:
    """Do it with the limits' rows locked."""
    found = [Candidate(*r) for r in await db.fetch(CANDIDATES, *columns(starter, ids))]
    if not found:
        return Limited([], {})
    admission = await admit(db, starter.limits, found)
    await hold(db, admission.held)
    # Wrapped: a bare list would become a second dimension of the array.
    slots = [{"slots": slots} for slots in admission.admitted.values()]
    own = columns(starter, list(admission.admitted))
    started = rows(await db.fetch(START_ADMITTED, *own, starter.name, slots))
    return Limited(started, turns_lost(found, admission.held))


def turns_lost(found: Sequence[Candidate], held: Mapping[UUID, str]) -> Counter[str]:
    """Count whom one key had let go and another one holds, by the first."""
    return Counter(
        one.let_go_by
        for one in found
        if one.let_go_by is not None and held.get(one.id, one.let_go_by) != one.let_go_by
    )


def columns(starter: Starter, ids: Sequence[UUID]) -> tuple[Any, ...]:
    """Return the parameters that all starting statements share."""
    return starter.worker, list(starter.kinds), list(ids), starter.suspicious


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. ``state`` is succeeded, failed, cancelled, retrying or queued (given back).

    ``outcome`` is the word for the history; ``delay_seconds`` is how long a retry waits; ``failed``
    says whether it counts against ``max_attempts``; ``told`` that the processor has told the owner of this
    ending itself, so that it makes no inbox entry.
    """

    id: UUID
    attempt: int
    state: str
    outcome: str
    result: Any = None
    error: dict[str, str] | None = None
    progress: Any = None
    delay_seconds: float = 0.0
    failed: bool = False
    told: bool = False


# A job somebody asked to stop is never queued again, whatever its attempt came to.
BECOMES = """CASE WHEN j.cancel_requested_at IS NOT NULL AND i.wish IN ('retrying', 'queued')
  THEN 'cancelled' ELSE i.wish END"""

HELD = """j.id, j.org_id, j.user_id, j.kind, j.batch_id, j.webhook_id, j.state, j.version,
      j.slots, j.notify, j.cancel_requested_at"""

IN_HAND = "j.state || '' = 'running'"

SETTLE = f"""
WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[],
                       $8::jsonb[], $9::float8[], $10::int[], $11::bool[])
    AS t(id, attempt, wish, outcome, result, error, progress, delay, failed, told)
), held AS MATERIALIZED (
  SELECT j.* FROM (SELECT id, attempt FROM i ORDER BY id) AS asked, LATERAL (
    SELECT {HELD} FROM jobs j
    WHERE j.id = asked.id AND {IN_HAND} AND j.worker_id = $1 AND j.attempt = asked.attempt
    FOR NO KEY UPDATE
  ) j
), own AS MATERIALIZED (
  SELECT {
    change("s.state", "'job.' || s.state", f"{noted('s.state')} * (NOT i.told)::int")
}, j.slots,
    i.outcome, i.result, i.error, i.progress, i.delay, i.failed, i.told
  FROM held j JOIN i ON i.id = j.id, LATERAL (SELECT {BECOMES} AS state) s
), {FREED}, {told("freed")}
UPDATE jobs j SET state = n.becomes, result = n.result -> 'value', error = n.error,
  progress = coalesce(n.progress, j.progress), failures = j.failures + n.failed, worker_id = NULL,
  slots = '{{}}', awaiting = NULL, notify = j.notify AND NOT n.told,
  run_at = CASE n.becomes WHEN 'retrying' THEN now() + make_interval(secs => n.delay)
                          ELSE j.run_at END,
  finished_at = CASE WHEN n.becomes IN ('retrying', 'queued') THEN NULL ELSE now() END,
  {NEXT},
  {
    entry(
        extra="jsonb_strip_nulls(jsonb_build_object('outcome', n.outcome, 'error', n.error))",
        plainly=ENDS_PLAINLY,
    )
}
FROM numbered n
WHERE j.id = n.id AND {IN_HAND}
RETURNING {WITHOUT_ARGS}
"""


async def settle(db: Database, worker: UUID, outcomes: Sequence[Outcome]) -> list[JobRow]:
    """Record how attempts ended; one that lost its lease or was settled before returns no row."""
    return rows(
        await db.fetch(
            SETTLE,
            worker,
            [o.id for o in outcomes],
            [o.attempt for o in outcomes],
            [o.state for o in outcomes],
            [o.outcome for o in outcomes],
            # Wrapped: asyncpg would take a list for one more dimension of the array.
            [{"value": o.result} if o.state == "succeeded" else None for o in outcomes],
            [o.error for o in outcomes],
            [o.progress for o in outcomes],
            [o.delay_seconds for o in outcomes],
            [int(o.failed) for o in outcomes],
            [o.told for o in outcomes],
        )
    )
