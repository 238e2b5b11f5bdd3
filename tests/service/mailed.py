"""E-mails as jobs would have kept them."""

from typing import Any
from uuid import UUID

import asyncpg

from jobs.ids import uuid7

ADD = """
INSERT INTO emails (id, org_id, user_id, job_id, attempt, list, address, subject, message_id, state,
                    asked_at, sent_at)
VALUES ($1, $2, $3, $4, 1, $5, $6, 'Hello', '<one@example.com>', $7::text,
        now(), CASE WHEN $7 = 'sent' THEN now() END)
"""


async def add_email(
    database_url: str,
    owner: tuple[str, str],
    about: str | None = "other",
    address: str = "ann@example.com",
    state: str = "sent",
) -> UUID:
    """Keep an e-mail of an owner (org, user)."""
    connection = await asyncpg.connect(database_url)
    ident, job = uuid7(), uuid7()
    try:
        await connection.execute(ADD, ident, *owner, job, about, address, state)
    finally:
        await connection.close()
    return ident


async def fetched(database_url: str, sql: str, *values: Any) -> Any:
    """Return the first row that a statement finds."""
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchrow(sql, *values)
    finally:
        await connection.close()
