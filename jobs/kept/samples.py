"""How posts fare: their counters by the hour, and what is learnt of them. All times are the database's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

ANALYTICS_DAYS = 30
"""How long after it went out a post is looked at."""
YOUNG = timedelta(days=ANALYTICS_DAYS)
METERED = ("mastodon",)
"""Providers that tell how a post fares."""

# Each post is due once an hour; whose connection is found is not found again in that hour.
BEGIN_DUE = """
WITH due AS (
  SELECT p.connection_id, k.org_id, k.user_id FROM posts p JOIN connections k
    ON k.id = p.connection_id AND k.org_id = p.org_id AND k.user_id = p.user_id
  WHERE p.state = 'published' AND p.published_at > $1::timestamptz - $2::interval
    AND k.status = 'active' AND k.provider = ANY($3::text[])
    AND (p.measured_at IS NULL OR p.measured_at < date_trunc('hour', $1::timestamptz))
  GROUP BY p.connection_id, k.org_id, k.user_id ORDER BY min(p.published_at) LIMIT $4),
seen AS (
  UPDATE posts p SET measured_at = $1 FROM due
  WHERE p.connection_id = due.connection_id AND p.state = 'published'
    AND p.published_at > $1::timestamptz - $2::interval)
SELECT org_id, user_id, connection_id FROM due
"""

YOUNG_POSTS = """
SELECT p.id, p.provider_post_id, p.published_at FROM posts p
WHERE p.connection_id = $1 AND p.org_id = $2 AND p.user_id = $3 AND p.state = 'published'
  AND p.published_at > now() - $4::interval ORDER BY p.published_at DESC, p.id LIMIT $5
"""

KEEP = """
INSERT INTO samples AS s (post_id, metric, hour, value)
SELECT post_id, metric, date_trunc('hour', now()), value
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS new (post_id, metric, value)
ORDER BY post_id, metric
ON CONFLICT (post_id, metric, hour) DO UPDATE SET value = excluded.value
"""

# One at a time for each owner: two at once would write over each other.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('learnings:' || $1 || ':' || $2, 0))"

FORGET = "DELETE FROM learnings WHERE org_id = $1 AND user_id = $2"

LEARN = """
WITH newest AS (
  SELECT DISTINCT ON (s.post_id, s.metric) s.post_id, s.metric, s.value
  FROM samples s JOIN posts p ON p.id = s.post_id
  WHERE p.org_id = $1 AND p.user_id = $2 ORDER BY s.post_id, s.metric, s.hour DESC),
measured AS (
  SELECT post_id, metric, value FROM newest
  UNION ALL SELECT post_id, 'engagement', sum(value) FROM newest GROUP BY post_id),
facts AS (
  SELECT p.id, p.brand, f.facet, f.value FROM posts p CROSS JOIN LATERAL (
    VALUES ('weekday', extract(isodow FROM p.published_at AT TIME ZONE 'UTC')::int::text),
           ('hour', extract(hour FROM p.published_at AT TIME ZONE 'UTC')::int::text),
           ('channel', p.channel)
    UNION SELECT 'hashtag', lower(tag) FROM unnest(p.hashtags) AS tag) AS f (facet, value)
  WHERE p.org_id = $1 AND p.user_id = $2 AND p.state = 'published')
INSERT INTO learnings (org_id, user_id, brand, facet, value, metric, posts, total)
SELECT $1, $2, f.brand, f.facet, f.value, m.metric, count(*), sum(m.value)
FROM facts f JOIN measured m ON m.post_id = f.id GROUP BY f.brand, f.facet, f.value, m.metric
"""


@dataclass(frozen=True, slots=True)
class PublishedPostRow:
    """A post that is out: what its provider knows it by, and since when."""

    id: UUID
    provider_post_id: str
    published_at: datetime


async def begin_collection(
    session: "AsyncSession", now: datetime, limit: int
) -> list[tuple[str, str, UUID]]:
    """Return (org, user, connection) where young posts were not looked at in this hour yet."""
    found = await run(session, BEGIN_DUE, now, YOUNG, list(METERED), limit)
    return [(row.org_id, row.user_id, row.connection_id) for row in found]


async def young_posts(
    session: "AsyncSession", org: str, user: str, connection_id: UUID, limit: int
) -> list[PublishedPostRow]:
    """Return the posts of a connection that are younger than ANALYTICS_DAYS, newest first."""
    found = await run(session, YOUNG_POSTS, connection_id, org, user, YOUNG, limit)
    return [PublishedPostRow(*tuple(row)) for row in found]


async def keep_samples(session: "AsyncSession", samples: Sequence[tuple[UUID, str, int]]) -> None:
    """Keep (post, metric, value) as seen in this hour; what was seen earlier in it is replaced."""
    posts, metrics, values = ([s[n] for s in samples] for n in range(3))
    await run(session, KEEP, posts, metrics, values)


async def learn(session: "AsyncSession", org: str, user: str) -> None:
    """Count again what the owner's posts have brought, by brand and facet."""
    await run(session, LOCK, org, user)
    await run(session, FORGET, org, user)
    await run(session, LEARN, org, user)
