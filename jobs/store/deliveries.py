"""What is on its way to webhooks: claimed under a lease, recorded by who still holds it.

Rows are written with the change they tell. ``next_at`` is when the next try is due; a claim pushes it to
the end of its lease, and only who knows that very moment may record how the try went.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from jobs.db import Database
from jobs.store.row import WITHOUT_ARGS, JobRow, rows


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery to be tried now, and all that is needed for it. Field order is column order.

    ``next_at`` is the end of the lease; ``tries`` counts this one. ``secrets`` are sealed, newest first;
    neither they nor the url, which may hold one, are shown in a trace.
    """

    id: UUID
    webhook_id: UUID
    type: str
    subject_id: UUID | None
    seq: int
    change_seq: int
    body: str | None
    tries: int
    next_at: datetime
    org_id: str
    url: str = field(repr=False)
    host: str
    secrets: list[bytes] = field(repr=False)

    @property
    def message(self) -> str:
        """Return the ``webhook-id``: the same for every try, for a replay too."""
        return f"msg_{self.id.hex}"


# Walks the index from webhook to webhook, so that a long backlog of one slow receiver costs the others
# nothing. A host that is busy here is passed over until one of its tries ends, and the org with the
# fewest tries under way comes first.
CLAIM = """
WITH RECURSIVE waiting AS (
  (SELECT webhook_id, next_at FROM deliveries WHERE next_at IS NOT NULL
   ORDER BY webhook_id, next_at LIMIT 1)
  UNION ALL
  SELECT following.* FROM waiting CROSS JOIN LATERAL (
    SELECT d.webhook_id, d.next_at FROM deliveries d
    WHERE d.next_at IS NOT NULL AND d.webhook_id > waiting.webhook_id
    ORDER BY d.webhook_id, d.next_at LIMIT 1
  ) following
), hooks AS MATERIALIZED (
  SELECT w.id, w.org_id, w.url, substring(w.url FROM '://([^/?#]+)') AS host,
    CASE WHEN w.old_secret_until > now() THEN ARRAY[w.secret, w.old_secret]
         ELSE ARRAY[w.secret] END AS secrets
  FROM waiting JOIN webhooks w ON w.id = waiting.webhook_id
  WHERE waiting.next_at <= now() AND w.disabled_at IS NULL
), busy AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::int[]) AS t(org_id, host, tries)
), candidates AS (
  SELECT d.id, d.next_at, h.host, row_number() OVER (PARTITION BY h.org_id ORDER BY d.next_at)
      + coalesce((SELECT sum(tries) FROM busy b WHERE b.org_id = h.org_id), 0) AS of_org
  FROM hooks h CROSS JOIN LATERAL (
    SELECT id, next_at FROM deliveries
    WHERE webhook_id = h.id AND next_at <= now() ORDER BY next_at LIMIT $5
  ) d
), placed AS (
  SELECT c.*, row_number() OVER (PARTITION BY c.host ORDER BY c.of_org, c.next_at)
      + coalesce((SELECT sum(tries) FROM busy b WHERE b.host = c.host), 0) AS of_host
  FROM candidates c
), chosen AS MATERIALIZED (
  SELECT id FROM placed WHERE of_host <= $5 ORDER BY of_org, next_at LIMIT $1
), mine AS MATERIALIZED (
  SELECT id FROM deliveries WHERE id IN (SELECT id FROM chosen) AND next_at <= now()
  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE deliveries d SET next_at = now() + $6, tries = d.tries + 1
FROM mine, hooks h WHERE d.id = mine.id AND h.id = d.webhook_id
RETURNING d.id, d.webhook_id, d.type, d.subject_id, d.seq, d.change_seq, d.body, d.tries, d.next_at,
  h.org_id, h.url, h.host, h.secrets
"""

SUBJECTS = f"SELECT {WITHOUT_ARGS} FROM jobs j WHERE j.id = ANY($1)"

KEEP = """
UPDATE deliveries d SET body = n.body FROM unnest($1::uuid[], $2::text[]) AS n(id, body)
WHERE d.id = n.id AND d.body IS NULL
"""

DELIVERED = """
WITH told AS (
  UPDATE deliveries SET delivered_at = now(), next_at = NULL, status = $3, problem = NULL
  WHERE id = $1 AND next_at = $2 RETURNING webhook_id
)
UPDATE webhooks w SET failing_since = NULL FROM told
WHERE w.id = told.webhook_id AND w.failing_since IS NOT NULL
"""

FAILED = """
WITH told AS (
  UPDATE deliveries SET status = $3, problem = $4, next_at = now() + $5::interval
  WHERE id = $1 AND next_at = $2 RETURNING webhook_id
), marked AS (
  UPDATE webhooks w SET failing_since = now() FROM told
  WHERE w.id = told.webhook_id AND w.failing_since IS NULL
)
SELECT w.failing_since < now() - $6::interval AS exhausted
FROM webhooks w JOIN told ON w.id = told.webhook_id
"""

DROP = "UPDATE deliveries SET next_at = NULL, problem = $3 WHERE id = $1 AND next_at = $2"


async def claim_deliveries(
    db: Database,
    most: int,
    busy: Mapping[tuple[str, str], int],
    per_host: int,
    lease: timedelta,
) -> list[Due]:
    """Take at most ``most`` due deliveries for the length of ``lease``; nobody else gets them meanwhile.

    ``busy`` counts the tries under way here by (org, host); there may be ``per_host`` to one host.
    """
    orgs, hosts = [org for org, _ in busy], [host for _, host in busy]
    found = await db.fetch(CLAIM, most, orgs, hosts, list(busy.values()), per_host, lease)
    return [Due(*record) for record in found]


async def delivery_subjects(db: Database, ids: Sequence[UUID]) -> dict[UUID, JobRow]:
    """Return the jobs that deliveries tell of, as they are now, by id."""
    return {row.id: row for row in rows(await db.fetch(SUBJECTS, list(ids)))}


async def keep_bodies(db: Database, bodies: Mapping[UUID, str]) -> None:
    """Keep what is sent, so that every try sends the same."""
    await db.fetch(KEEP, list(bodies.keys()), list(bodies.values()))


async def record_delivered(db: Database, due: Due, status: int) -> None:
    """Record a success; the webhook is well again. Too late, after the lease, it changes nothing."""
    await db.fetch(DELIVERED, due.id, due.next_at, status)


async def record_failed(
    db: Database,
    due: Due,
    told: tuple[int | None, str | None],
    wait: timedelta | None,
    patience: timedelta,
) -> bool:
    """Record a failure (``told`` is status and problem) and when to try again, None for never.

    Returns whether the webhook has now been failing for longer than ``patience``.
    """
    record = await db.fetchrow(FAILED, due.id, due.next_at, *told, wait, patience)
    return bool(record and record["exhausted"])


async def drop_delivery(db: Database, due: Due, problem: str) -> None:
    """Give a delivery up that cannot be sent, which is no fault of the webhook."""
    await db.fetch(DROP, due.id, due.next_at, problem)
