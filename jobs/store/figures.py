"""Figures about the queue: a job's place, an org's depth, how much was submitted, the workers' pace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.db import Database
from jobs.store.row import JobRow

AHEAD = """
SELECT count(*) FROM jobs j, jobs me WHERE me.id = $1 AND j.state = 'queued' AND j.score < me.score
  AND j.org_id = me.org_id AND j.held_by IS NOT DISTINCT FROM me.held_by
"""

# The orgs take turns: of each other one, at most as many go first as of its own.
OTHERS_AHEAD = """
SELECT coalesce(sum(least(n, $3)), 0)::bigint FROM (
  SELECT count(*) AS n FROM jobs WHERE held_by = $1 AND org_id <> $2 GROUP BY org_id
) AS orgs
"""


async def job_position(db: Database, row: JobRow) -> int:
    """Return a queued job's place, from 1, among its org's jobs, or among all its limit holds."""
    mine = await db.fetchrow(AHEAD, row.id)
    ahead = int(mine[0]) if mine else 0
    if row.held_by is not None:
        others = await db.fetchrow(OTHERS_AHEAD, row.held_by, row.org_id, ahead)
        ahead += int(others[0]) if others else 0
    return ahead + 1


# By the ids, which begin with the time: the whole index of the last period and nothing else.
SUBMITTED = """
SELECT count(*) FROM jobs WHERE org_id = $1 AND ($2::text IS NULL OR user_id = $2)
AND id >= (lpad(to_hex((extract(epoch FROM now() - make_interval(secs => $3)) * 1000)::bigint),
                12, '0') || repeat('0', 20))::uuid
"""


DEPTHS = """
SELECT (SELECT count(*) FROM (
  SELECT FROM jobs WHERE org_id = org AND state = 'queued' AND held_by IS NULL LIMIT $2
) AS counted) FROM unnest($1::text[]) WITH ORDINALITY AS t(org, place) ORDER BY place
"""


async def queue_depths(db: Database, orgs: Sequence[str], most: int) -> list[int]:
    """Return how many jobs of each org are queued, each counted up to ``most``."""
    return [record[0] for record in await db.fetch(DEPTHS, list(orgs), most)]


async def queue_depth(db: Database, org: str, most: int) -> int:
    """Return how many jobs of an org are queued, counted up to ``most``."""
    [depth] = await queue_depths(db, [org], most)
    return depth


async def submitted(db: Database, org: str, user: str | None, seconds: float) -> int:
    """Return how many jobs an org, or one of its users, has submitted in the last ``seconds``."""
    record = await db.fetchrow(SUBMITTED, org, user, seconds)
    return int(record[0]) if record else 0


PACE = """
SELECT sum((info ->> 'slots')::float8 / greatest((info ->> 'mean_seconds')::float8, 0.001)) AS pace
FROM workers WHERE lease_until > now() AND info ? 'mean_seconds'
"""


async def jobs_per_second(db: Database) -> float | None:
    """Return how many jobs the workers get through: their slots over the mean time of an attempt."""
    record = await db.fetchrow(PACE)
    return record["pace"] if record else None


# One that does not tell its kinds, of an older version, may know any.
ALIVE = """
SELECT count(*), count(*) FILTER (WHERE NOT info ? 'kinds'),
  ARRAY(SELECT DISTINCT jsonb_array_elements_text(info -> 'kinds') FROM workers
        WHERE lease_until > now() AND info ? 'kinds')
FROM workers WHERE lease_until > now()
"""


@dataclass(frozen=True, slots=True)
class Alive:
    """How many workers hold a lease, and which kinds they know; ``untold`` do not say."""

    workers: int = 0
    untold: int = 0
    kinds: frozenset[str] = frozenset()

    def missing(self, kinds: Iterable[str]) -> list[str]:
        """Return those of ``kinds`` that no live worker runs, sorted."""
        return [] if self.untold else sorted(set(kinds) - self.kinds)


async def live_workers(db: Database) -> Alive:
    """Return what is known of the workers that hold a lease."""
    workers, untold, kinds = await db.fetchrow(ALIVE) or (0, 0, ())
    return Alive(workers, untold, frozenset(kinds))


async def lives_on(db: Database, host: str) -> bool:
    """Return whether a worker of this host holds a lease."""
    return bool(await db.fetch(ON_HOST, host))


ON_HOST = """
SELECT 1 FROM workers WHERE split_part(name, ':', 1) = $1 AND lease_until > now() LIMIT 1
"""
