"""Limits in the record: locked, taken and given back in the transactions that start and end jobs."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from jobs.db import Statements
from jobs.limits import RATE_KEY, Admission, Candidate, Limits, Locked, decide
from jobs.store.row import WITHOUT_ARGS, JobRow, rows

LOCK = """
INSERT INTO limits AS l (key) SELECT key FROM unnest($1::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET used = l.used
RETURNING key, used, extract(epoch FROM free_at - now())::float8
"""

# Read behind LOCK: who holds or lets go under these keys is seen, whoever it was that we waited for.
FIRST_HELD = """
SELECT key, (SELECT score FROM jobs WHERE held_by = key ORDER BY score LIMIT 1) AS score
FROM unnest($1::text[]) AS key
"""

TAKE = """
UPDATE limits l SET used = t.used, free_at = greatest(l.free_at, now() + make_interval(secs => t.wait))
FROM unnest($1::text[], $2::int[], $3::float8[]) AS t(key, used, wait) WHERE l.key = t.key
"""

HOLD = """
UPDATE jobs j SET held_by = h.key FROM unnest($1::uuid[], $2::text[]) AS h(id, key)
WHERE j.id = h.id AND j.state = 'queued'
"""

LET_GO = f"""
WITH free AS MATERIALIZED (
  SELECT j.id FROM unnest($1::text[], $2::int[]) AS f(key, n), LATERAL (
    SELECT id FROM jobs WHERE held_by = f.key ORDER BY score LIMIT f.n FOR NO KEY UPDATE SKIP LOCKED
  ) j
)
UPDATE jobs j SET held_by = NULL FROM free WHERE j.id = free.id AND j.state = 'queued'
RETURNING {WITHOUT_ARGS}
"""

# The keys that hold anything, each found by one step through the index, however much they hold.
HOLDING = """
WITH RECURSIVE holding AS (
  (SELECT held_by AS key FROM jobs WHERE held_by IS NOT NULL ORDER BY held_by LIMIT 1)
  UNION ALL
  SELECT (SELECT held_by FROM jobs WHERE held_by > h.key ORDER BY held_by LIMIT 1)
  FROM holding h WHERE h.key IS NOT NULL
)
SELECT h.key, coalesce(l.used, 0), coalesce(extract(epoch FROM l.free_at - now())::float8, 0)
FROM holding h LEFT JOIN limits l ON l.key = h.key WHERE h.key IS NOT NULL LIMIT 10000
"""


async def admit(db: Statements, limits: Limits, candidates: Sequence[Candidate]) -> Admission:
    """Lock the limits concerned, decide, and take what was admitted."""
    keys = sorted({k for c in candidates for k in limits.keys(c.org, c.kind, c.concurrency_key)})
    if not keys:
        return decide(limits, candidates, {})
    locked = {key: Locked(used, wait) for key, used, wait in await db.fetch(LOCK, keys)}
    for key, score in await db.fetch(FIRST_HELD, keys):
        locked[key].first_held = float("inf") if score is None else score
    admission = decide(limits, candidates, locked)
    used = [locked[key].used for key in keys]
    waits = [locked[key].wait_seconds for key in keys]
    await db.fetch(TAKE, keys, used, waits)
    return admission


async def hold(db: Statements, held: Mapping[UUID, str]) -> None:
    """Keep queued jobs from being started until their limit lets them go."""
    if held:
        await db.fetch(HOLD, list(held), list(held.values()))


async def let_go(db: Statements, room: Mapping[str, int]) -> list[JobRow]:
    """Let the first ``n`` jobs go that each key holds, and return them."""
    keys = [key for key, n in room.items() if n > 0]
    if not keys:
        return []
    return rows(await db.fetch(LET_GO, keys, [room[key] for key in keys]))


async def holding(db: Statements) -> dict[str, Locked]:
    """Return the limits that hold jobs, as they stand."""
    return {key: Locked(used, wait) for key, used, wait in await db.fetch(HOLDING)}


def room_of(limits: Limits, key: str, limit: Locked, most: int) -> tuple[int, float]:
    """Return how many jobs ``key`` may let go now, and in how many seconds the next one at the latest."""
    if key.startswith(RATE_KEY) and (rate := limits.rate(key)):
        late = rate.tolerance_seconds - limit.wait_seconds
        if late < 0:
            return 0, -late
        return min(int(late / rate.interval_seconds) + 1, rate.burst, most), rate.interval_seconds
    slots = limits.most(key)
    return (most if slots is None else max(slots - limit.used, 0)), float("inf")
