"""Users' preferences: kept whole, and read when something waits to be handed off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any

from jobs.db import Statements


@dataclass(frozen=True, slots=True)
class PreferencesRow:
    """One user's wishes; see ``models.preferences``. Field order is column order."""

    org_id: str
    user_id: str
    timezone: str
    quiet_from: time | None
    quiet_until: time | None
    urgent_failures: bool
    email: str | None
    email_opt_in: bool
    email_verified_at: datetime | None
    phone: str | None
    sms_opt_in: bool
    phone_verified_at: datetime | None
    webhook_opt_in: bool
    about: str
    names: list[str]
    handoff_seconds: int | None
    brief_opt_in: bool
    brief_hour: int
    brief_email: bool
    handed_off_at: datetime | None
    updated_at: datetime


COLUMNS = ", ".join(f"p.{field.name}" for field in fields(PreferencesRow))
CHOSEN = (
    "timezone", "quiet_from", "quiet_until", "urgent_failures", "email", "email_opt_in", "phone",
    "sms_opt_in", "webhook_opt_in", "about", "names", "handoff_seconds",
    "brief_opt_in", "brief_hour", "brief_email",
)  # fmt: skip
"""What a user says; the rest is found out."""

FIND = f"SELECT {COLUMNS} FROM preferences p WHERE p.org_id = $1 AND p.user_id = $2"

OF = f"""
SELECT {COLUMNS} FROM preferences p JOIN unnest($1::text[], $2::text[]) AS t(org_id, user_id)
  USING (org_id, user_id)
"""

# Another address has yet to be verified. What waits to be handed off is looked at again.
PUT = f"""
WITH kept AS (
  INSERT INTO preferences AS p (org_id, user_id, {", ".join(CHOSEN)})
  VALUES ($1, $2, {", ".join(f"${n}" for n in range(3, 3 + len(CHOSEN)))})
  ON CONFLICT (org_id, user_id) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in CHOSEN)},
    email_verified_at = CASE WHEN p.email = excluded.email THEN p.email_verified_at END,
    phone_verified_at = CASE WHEN p.phone = excluded.phone THEN p.phone_verified_at END,
    updated_at = now()
  RETURNING {COLUMNS}
), waiting AS MATERIALIZED (
  SELECT i.id FROM inbox i JOIN kept k ON k.org_id = i.org_id AND k.user_id = i.user_id
  WHERE i.acked_at IS NULL AND i.handoff_at > now() ORDER BY i.id FOR NO KEY UPDATE OF i
), again AS (
  UPDATE inbox i SET handoff_at = now() FROM waiting w WHERE i.id = w.id
)
TABLE kept
"""


async def find_preferences(db: Statements, org: str, user: str) -> PreferencesRow | None:
    """Return what the user has said, None when they never did."""
    record = await db.fetchrow(FIND, org, user)
    return PreferencesRow(*record) if record else None


async def preferences_of(
    db: Statements, owners: Collection[tuple[str, str]]
) -> dict[tuple[str, str], PreferencesRow]:
    """Return the preferences of those owners (org, user) who have any."""
    found = await db.fetch(OF, [org for org, _ in owners], [user for _, user in owners])
    return {(row.org_id, row.user_id): row for row in (PreferencesRow(*r) for r in found)}


async def put_preferences(
    db: Statements, org: str, user: str, chosen: Mapping[str, Any]
) -> PreferencesRow:
    """Keep what a user says, all of CHOSEN, in place of what they said before."""
    values = [chosen[name] for name in CHOSEN]
    [record] = await db.fetch(PUT, org, user, *values)
    return PreferencesRow(*record)
