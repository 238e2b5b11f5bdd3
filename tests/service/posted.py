"""Posts for tests, as jobs would have left them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

from jobs.ids import uuid7

ADD = """
INSERT INTO posts (id, org_id, user_id, content_id, connection_id, channel, title, brand, hashtags, state,
                   idempotency_key, provider_post_id, url, published_at)
VALUES ($1, $2, $3, $4, $5, 'mastodon', 'Open at last', 'warm', '{Garden}', $6, 'k', '7',
        'https://social.example/@garden/7', $7)
"""
SAMPLE = "INSERT INTO samples (post_id, metric, hour, value) VALUES ($1, $2, $3, $4)"
LEARNING = """
INSERT INTO learnings (org_id, user_id, brand, facet, value, metric, posts, total)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
HOUR = datetime(2026, 11, 25, 9, tzinfo=UTC)


async def add_post(
    database_url: str,
    owner: tuple[str, str],
    *,
    state: str = "published",
    content: str | None = None,
    samples: int = 0,
) -> str:
    """Add a post of ``owner`` (org, user), seen in so many hours, and return its id."""
    ident = uuid7()
    database = await asyncpg.connect(database_url)
    try:
        await database.execute(ADD, ident, *owner, content or uuid4(), uuid4(), state, HOUR)
        for number in range(samples):
            hour = HOUR + timedelta(hours=number)
            await database.execute(SAMPLE, ident, "favourites", hour, 10 * number)
    finally:
        await database.close()
    return str(ident)


async def add_learnings(
    database_url: str, owner: tuple[str, str], *rows: tuple[str, str, str, str, int, int]
) -> None:
    """Add what was learnt: brand, facet, value, metric, posts, total."""
    database = await asyncpg.connect(database_url)
    try:
        await database.executemany(LEARNING, [(*owner, *row) for row in rows])
    finally:
        await database.close()
