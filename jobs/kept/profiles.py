"""What onboarding found out about a user: one profile each, the newest analysis."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One user's profile. Field order is column order.

    ``about`` is what it says of them, ``suggestions`` the projects it would begin.
    """

    org_id: str
    user_id: str
    job_id: UUID
    language: str
    about: dict[str, Any]
    suggestions: list[dict[str, Any]]
    model: str
    usage: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(f"i.{field.name}" for field in fields(ProfileRow))
OWNED = "i.org_id = $1 AND i.user_id = $2"

FIND = f"SELECT {COLUMNS} FROM profiles i WHERE {OWNED}"  # noqa: S608 - our own names
LOCK = f"{FIND} FOR UPDATE"

# Ids of jobs are ordered by time: an older job never writes over what a newer one found out.
KEEP = f"""
INSERT INTO profiles AS i (org_id, user_id, job_id, language, about, suggestions, model, usage)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (org_id, user_id) DO UPDATE SET
  job_id = excluded.job_id, language = excluded.language, about = excluded.about,
  suggestions = excluded.suggestions, model = excluded.model, usage = excluded.usage,
  version = i.version + 1, updated_at = now()
WHERE i.job_id < excluded.job_id
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

ACCEPTED = f"""
UPDATE profiles i SET suggestions = $3, version = i.version + 1, updated_at = now() WHERE {OWNED}
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

DELETE = f"DELETE FROM profiles i WHERE {OWNED}"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be kept, by the job that made it."""

    org_id: str
    user_id: str
    job_id: UUID
    language: str
    about: dict[str, Any]
    suggestions: Sequence[dict[str, Any]]
    model: str
    usage: dict[str, Any]


async def find_profile(
    session: "AsyncSession", org: str, user: str, *, lock: bool = False
) -> ProfileRow | None:
    """Return a user's profile; with ``lock`` nobody changes it before the session ends."""
    return await one(session, ProfileRow, LOCK if lock else FIND, org, user)


async def keep_profile(session: "AsyncSession", new: NewProfile) -> ProfileRow | None:
    """Keep a profile in the place of an older job's; None when a newer one's is there."""
    values = (new.org_id, new.user_id, new.job_id, new.language, json_text(new.about))
    more = (json_text(new.suggestions), new.model, json_text(new.usage))
    return await one(session, ProfileRow, KEEP, *values, *more)


async def keep_suggestions(
    session: "AsyncSession", org: str, user: str, suggestions: Sequence[dict[str, Any]]
) -> ProfileRow:
    """Keep what has become of a profile's suggestions; it must be there."""
    values = (org, user, json_text(suggestions))
    found = await run(session, ACCEPTED, *values)
    return ProfileRow(**found.mappings().one())


async def delete_profile(session: "AsyncSession", org: str, user: str) -> bool:
    """Forget a user's profile. Returns whether there was one."""
    return bool((await run(session, DELETE, org, user)).rowcount)
