"""A text on its way to readers, as processors read and write it; ``jobs.store.contents`` is its owner's."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_CONTENTS = 10_000
"""How many one user may have."""


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One text with its variants by channel. Field order is column order.

    ``status`` is draft, approved, scheduled, published or failed. ``job_id`` is the job that wrote it:
    its id, too. ``media`` are uploads (``upload_id``, ``alt``) that go out with it.
    """

    id: UUID
    org_id: str
    user_id: str
    status: str
    title: str
    body: str
    hashtags: list[str]
    variants: dict[str, str]
    brief: dict[str, Any] | None
    brand_voice: str
    language: str
    sources: list[str]
    connection_id: UUID | None
    publish_at: datetime | None
    model: str
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal | None
    rounds: int
    estimated: bool
    job_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    media: list[dict[str, Any]]


COLUMNS = ", ".join(f"c.{field.name}" for field in fields(ContentRow))


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft that a job has written."""

    job_id: UUID
    org_id: str
    user_id: str
    title: str
    body: str
    hashtags: list[str]
    variants: dict[str, str]
    brief: dict[str, Any]
    brand_voice: str
    language: str
    sources: list[str]
    model: str
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal | None
    rounds: int
    estimated: bool


FIND = (
    f"SELECT {COLUMNS} FROM contents c "  # noqa: S608 - our own names
    "WHERE c.id = $1 AND c.org_id = $2 AND c.user_id = $3"
)

COUNT = "SELECT count(*) FROM contents WHERE org_id = $1 AND user_id = $2"

KEEP = """
INSERT INTO contents (id, job_id, org_id, user_id, title, body, hashtags, variants, brief, brand_voice,
                      language, sources, model, tokens_in, tokens_out, cost_usd, rounds, estimated)
VALUES ($1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (id) DO NOTHING
"""


async def find_content(
    session: "AsyncSession", org: str, user: str, ident: UUID
) -> ContentRow | None:
    """Return a text, if it is this user's."""
    return await one(session, ContentRow, FIND, ident, org, user)


async def count_contents(session: "AsyncSession", org: str, user: str) -> int:
    """Return how many texts the user has."""
    found = await run(session, COUNT, org, user)
    return int(found.scalar_one())


async def keep_draft(session: "AsyncSession", draft: NewDraft) -> None:
    """Keep a draft under its job's id; one that is there already stays as it is."""
    values = [getattr(draft, field.name) for field in fields(draft)]
    stored = tuple(json_text(v) if isinstance(v, dict) else v for v in values)
    await run(session, KEEP, *stored)
