"""Inbox entries on their way to other places than a browser: claimed, told to webhooks, moved on.

All in one transaction by the database's clock, so that a worker that dies leaves an entry as it was.
Locks are taken as everywhere: preferences, inbox entries, then sequences; the first two without waiting.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.store.sql import UNSEEN


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """An entry whose hand-off is to be looked at. Field order is column order.

    ``seen`` says that a device has shown it after all, ``by_handoff`` that a hand-off's own job tells
    it, ``hooked`` that a webhook wants to hear of it. ``now`` is the database's time.
    """

    id: UUID
    org_id: str
    user_id: str
    name: str
    data: Any
    created_at: datetime
    handed_off: dict[str, str]
    seen: bool
    by_handoff: bool
    hooked: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Handled:
    """What an entry's row says after it was looked at: when to look again, and what became of it."""

    id: UUID
    handoff_at: datetime | None
    handed_off: dict[str, str]


ANY_DUE = "SELECT FROM inbox WHERE handoff_at <= now() LIMIT 1"

# Whoever holds a user's preferences deals with that user: what is due at once becomes one message.
# A user who wants a way that this worker cannot go is left, for a while, to one that can.
CLAIM = f"""
WITH due AS MATERIALIZED (
  SELECT DISTINCT org_id, user_id FROM (
    SELECT org_id, user_id FROM inbox i LEFT JOIN preferences p USING (org_id, user_id)
    WHERE i.handoff_at <= now() AND (
      i.handoff_at <= now() - $4::interval OR coalesce(
        (NOT p.email_opt_in OR 'email' = ANY($3::text[])) AND
        (NOT p.sms_opt_in OR 'sms' = ANY($3::text[])), true))
    ORDER BY i.handoff_at LIMIT $1
  ) AS first
), held AS MATERIALIZED (
  SELECT p.org_id, p.user_id FROM preferences p JOIN due USING (org_id, user_id)
  ORDER BY p.org_id, p.user_id FOR NO KEY UPDATE OF p SKIP LOCKED
), mine AS (
  TABLE held UNION ALL
  SELECT d.org_id, d.user_id FROM due d WHERE NOT EXISTS (
    SELECT FROM preferences p WHERE p.org_id = d.org_id AND p.user_id = d.user_id)
), claimed AS MATERIALIZED (
  SELECT i.* FROM inbox i
  WHERE i.handoff_at <= now() AND (i.org_id, i.user_id) IN (TABLE mine)
  ORDER BY i.handoff_at LIMIT $1 FOR NO KEY UPDATE OF i SKIP LOCKED
)
SELECT c.id, c.org_id, c.user_id, c.name, c.data, c.created_at, coalesce(c.handed_off, '{{}}'),
  c.acked_at IS NOT NULL OR c.read_at IS NOT NULL, coalesce(j.kind = ANY($2::text[]), false), EXISTS (
    SELECT FROM webhooks w WHERE w.org_id = c.org_id AND w.user_id = c.user_id
      AND w.disabled_at IS NULL AND NOT w.for_job AND '{UNSEEN}' = ANY(w.events)), now()
FROM claimed c LEFT JOIN jobs j ON j.id = c.job_id
ORDER BY c.created_at, c.id
"""

HOOK = f"""
INSERT INTO deliveries (id, webhook_id, type, subject_id, seq, change_seq)
SELECT gen_random_uuid(), w.id, '{UNSEEN}', i.id, 1, i.change_seq
FROM inbox i JOIN webhooks w ON w.org_id = i.org_id AND w.user_id = i.user_id
  AND w.disabled_at IS NULL AND NOT w.for_job AND '{UNSEEN}' = ANY(w.events)
WHERE i.id = ANY($1::uuid[])
"""

MOVE = """
UPDATE inbox i SET handoff_at = t.at,
  handed_off = nullif(coalesce(i.handed_off, '{}') || t.outcome, '{}')
FROM unnest($1::uuid[], $2::timestamptz[], $3::jsonb[]) AS t(id, at, outcome)
WHERE i.id = t.id
"""

TOLD = """
UPDATE preferences p SET handed_off_at = now()
FROM unnest($1::text[], $2::text[]) AS t(org_id, user_id)
WHERE p.org_id = t.org_id AND p.user_id = t.user_id
"""


async def any_unseen(db: Statements) -> bool:
    """Return whether there is an entry to look at."""
    return bool(await db.fetch(ANY_DUE))


async def claim_unseen(
    db: Statements, most: int, own_kinds: Sequence[str], ways: Sequence[str], grace: timedelta
) -> list[Unseen]:
    """Lock entries to be looked at, oldest first, and leave those that another worker has.

    ``own_kinds`` are the kinds of job that hand off. Users who want other ways than ``ways`` are looked
    at only when nobody did so within ``grace``.
    """
    found = await db.fetch(CLAIM, most, list(own_kinds), list(ways), grace)
    return [Unseen(*record) for record in found]


async def hook_unseen(db: Statements, ids: Sequence[UUID]) -> None:
    """Put the event of each entry on its way to its user's webhooks that want it."""
    await db.fetch(HOOK, list(ids))


async def move_unseen(db: Statements, handled: Sequence[Handled]) -> None:
    """Write down what became of entries and when to look again."""
    ids, times = [h.id for h in handled], [h.handoff_at for h in handled]
    await db.fetch(MOVE, ids, times, [h.handed_off for h in handled])


async def note_handed_off(db: Statements, owners: Collection[tuple[str, str]]) -> None:
    """Note that these users (org, user) were sent a message just now."""
    await db.fetch(TOLD, [org for org, _ in owners], [user for _, user in owners])
