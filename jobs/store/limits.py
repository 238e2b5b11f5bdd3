"""Limits in the record: locked, taken and given back in the transactions that start and end jobs."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from jobs.db import Statements
from jobs.limits import ORDERED_KEY, RATE_KEY, Admission, Candidate, Limits, Locked, decide
from jobs.store.row import WITHOUT_ARGS, JobRow, rows

TRIES = 3

LOCK = """
INSERT INTO limits AS l (key) SELECT key FROM unnest($1::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET used = l.used
RETURNING key, used, extract(epoch FROM free_at - now())::float8
"""

# Read behind LOCK: who holds or lets go under these keys is seen, whoever it was that we waited for.
HOLDS = """
SELECT key FROM unnest($1::text[]) AS key WHERE EXISTS (SELECT FROM jobs WHERE held_by = key)
"""

TAKE = """
UPDATE limits l SET used = t.used, free_at = greatest(l.free_at, now() + make_interval(secs => t.wait))
FROM unnest($1::text[], $2::int[], $3::float8[]) AS t(key, used, wait) WHERE l.key = t.key
"""

HOLD = """
UPDATE jobs j SET held_by = h.key, let_go_by = NULL FROM unnest($1::uuid[], $2::text[]) AS h(id, key)
WHERE j.id = h.id AND j.state = 'queued'
"""

# What was let go of a concurrency key and has not started yet: as long as it is on its way nobody follows.
ON_ITS_WAY = """
  SELECT FROM jobs w WHERE w.org_id = j.org_id AND w.concurrency_key = j.concurrency_key
    AND w.state = 'queued' AND w.let_go_by = $1 AND w.queue <> ALL (SELECT name FROM paused_queues)
"""

# One of every org in turn, beginning behind the org whose turn was last. Each org is found by one step
# through the index, however many it has waiting.
LET_GO = f"""
WITH RECURSIVE last AS MATERIALIZED (
  SELECT coalesce((SELECT last_org FROM limits WHERE key = $1), '') AS org
), behind AS (
  (SELECT j.org_id AS org FROM jobs j, last WHERE j.held_by = $1 AND j.org_id > last.org
   ORDER BY j.org_id LIMIT 1)
  UNION ALL
  SELECT (SELECT org_id FROM jobs WHERE held_by = $1 AND org_id > b.org ORDER BY org_id LIMIT 1)
  FROM behind b WHERE b.org IS NOT NULL
), before AS (
  (SELECT org_id AS org FROM jobs WHERE held_by = $1 ORDER BY org_id LIMIT 1)
  UNION ALL
  SELECT (SELECT org_id FROM jobs WHERE held_by = $1 AND org_id > f.org ORDER BY org_id LIMIT 1)
  FROM before f, last WHERE f.org < last.org
), orgs AS (
  (SELECT org, 0 AS lap FROM behind WHERE org IS NOT NULL LIMIT $2)
  UNION ALL
  (SELECT before.org, 1 FROM before, last WHERE before.org <= last.org LIMIT $2)
), chosen AS MATERIALIZED (
  SELECT q.id, o.org, o.lap, row_number() OVER (PARTITION BY o.org ORDER BY q.score) AS turn
  FROM orgs o, LATERAL (
    SELECT id, score FROM jobs WHERE held_by = $1 AND org_id = o.org ORDER BY score LIMIT $2
  ) q
  ORDER BY turn, o.lap, o.org LIMIT $2
), free AS MATERIALIZED (
  SELECT j.id FROM jobs j JOIN chosen c ON c.id = j.id
  WHERE j.held_by = $1 AND NOT ($3 AND EXISTS ({ON_ITS_WAY}))
  ORDER BY j.id FOR NO KEY UPDATE OF j
), turned AS (
  UPDATE limits SET last_org = (SELECT org FROM chosen ORDER BY turn DESC, lap DESC, org DESC LIMIT 1)
  WHERE key = $1 AND EXISTS (SELECT FROM free)
)
UPDATE jobs j SET held_by = NULL, let_go_by = $1
FROM free WHERE j.id = free.id AND j.state = 'queued'
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
    for (key,) in await db.fetch(HOLDS, keys):
        locked[key].holds = True
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
    """Let the first ``n`` jobs go that each key holds, orgs in turn, and return them."""
    gone: list[JobRow] = []
    for key, n in sorted(room.items()):
        gone += await let_go_of(db, key, n)
    return gone


async def let_go_of(db: Statements, key: str, most: int) -> list[JobRow]:
    """Let go of one key; if somebody else chose the same ones first, choose again."""
    gone: list[JobRow] = []
    for _ in range(TRIES):
        if len(gone) >= most:
            break
        ordered = key.startswith(ORDERED_KEY)
        found = rows(await db.fetch(LET_GO, key, most - len(gone), ordered))
        gone += found
        if not found:
            break
    return gone


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
