"""Posts as their owners look at them: where contents went out, how they fare, what is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jobs.db import Statements
from jobs.kept.posts import COLUMNS, PostRow

LIST = f"""
SELECT {COLUMNS} FROM posts p
WHERE p.org_id = $1 AND p.user_id = $2 AND ($3::text[] IS NULL OR p.state = ANY($3))
  AND ($4::uuid IS NULL OR p.content_id = $4)
  AND (p.created_at, p.id) < (coalesce($5::timestamptz, 'infinity'), $6::uuid)
ORDER BY p.created_at DESC, p.id DESC LIMIT $7
"""

FIND = f"SELECT {COLUMNS} FROM posts p WHERE p.id = $1 AND p.org_id = $2 AND p.user_id = $3"

SAMPLES = (
    "SELECT metric, hour, value FROM samples WHERE post_id = $1 ORDER BY hour, metric LIMIT $2"
)

LEARNINGS = """
SELECT brand, facet, value, metric, posts, total, updated_at FROM learnings
WHERE org_id = $1 AND user_id = $2 AND ($3::text IS NULL OR facet = $3)
  AND ($4::text IS NULL OR brand = $4) AND metric = $5
ORDER BY total::float8 / posts DESC, brand, facet, value LIMIT $6
"""

MOST_SAMPLES = 5_000

Owner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A counter of a post as it was last seen in an hour."""

    metric: str
    hour: datetime
    value: int


@dataclass(frozen=True, slots=True)
class LearningRow:
    """What posts of a brand that share something have brought. Field order is column order."""

    brand: str
    facet: str
    value: str
    metric: str
    posts: int
    total: int
    updated_at: datetime


async def list_posts(
    db: Statements,
    owner: Owner,
    wanted: tuple[Sequence[str], UUID | None],
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[PostRow]:
    """Return posts of ``owner`` older than ``behind``, newest first; ``wanted``: states, content."""
    at, last = behind or (None, None)
    states, content = wanted
    found = await db.fetch(LIST, *owner, list(states) or None, content, at, last, limit)
    return [PostRow(*record) for record in found]


async def find_post(db: Statements, owner: Owner, ident: UUID) -> PostRow | None:
    """Return a post, if it is there and the owner's."""
    record = await db.fetchrow(FIND, ident, *owner)
    return PostRow(*record) if record else None


async def samples_of(db: Statements, ident: UUID) -> list[SampleRow]:
    """Return the samples of a post, oldest first."""
    return [SampleRow(*record) for record in await db.fetch(SAMPLES, ident, MOST_SAMPLES)]


async def list_learnings(
    db: Statements, owner: Owner, facet: str | None, brand: str | None, metric: str, limit: int
) -> list[LearningRow]:
    """Return what is learnt of the owner's posts, what brings most first."""
    found = await db.fetch(LEARNINGS, *owner, facet, brand, metric, limit)
    return [LearningRow(*record) for record in found]
