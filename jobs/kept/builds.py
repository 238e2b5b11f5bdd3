"""Builds of apps: what a job asked for, what it is called at the build service, what became of it.

A row is the job's memory of what it did outside. It is written before and after each step that must not
happen twice, and only by the newest attempt of its job.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from jobs.db import Statements

State = Literal["starting", "building", "built", "submitting", "submitted", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One build of one job. Field order is column order.

    ``starting`` means that the build service may know it already although ``remote_id`` is not known here;
    ``submitting`` the same of the store and ``submission_id``.
    """

    id: UUID
    org_id: str
    user_id: str
    job_id: UUID
    attempt: int
    platform: Literal["ios", "android"]
    profile: str
    project: str
    git_ref: str | None
    state: State
    remote_id: str | None = None
    artifact_url: str | None = None
    submission_id: str | None = None
    error: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    built_at: datetime | None = None
    finished_at: datetime | None = None


COLUMNS = ", ".join(field.name for field in fields(BuildRow))
OVER = "builds.state IN ('failed', 'cancelled')"

# A row that came to nothing begins afresh, from the build on or, when that went well, from the store on.
BEGIN = f"""
INSERT INTO builds (id, org_id, user_id, job_id, attempt, platform, profile, project, git_ref, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'starting')
ON CONFLICT (job_id, platform) DO UPDATE SET
  attempt = excluded.attempt,
  state = CASE WHEN NOT {OVER} THEN builds.state
               WHEN builds.built_at IS NULL THEN 'starting' ELSE 'built' END,
  remote_id = CASE WHEN {OVER} AND builds.built_at IS NULL THEN NULL ELSE builds.remote_id END,
  submission_id = CASE WHEN {OVER} THEN NULL ELSE builds.submission_id END,
  error = NULL, finished_at = NULL, updated_at = now()
WHERE builds.org_id = excluded.org_id AND builds.user_id = excluded.user_id
  AND builds.attempt <= excluded.attempt
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

FORGET = """
DELETE FROM builds WHERE org_id = $1 AND user_id = $2 AND finished_at < now() - interval '1 year'
"""

OF_JOB = f"""
SELECT {COLUMNS} FROM builds WHERE job_id = $1 AND org_id = $2 AND user_id = $3 ORDER BY id
"""  # noqa: S608

CHANGE = f"""
UPDATE builds SET state = $3, remote_id = $4, artifact_url = $5, submission_id = $6, error = $7,
  built_at = CASE WHEN $3 IN ('built', 'submitting', 'submitted') THEN coalesce(built_at, now())
                  ELSE built_at END,
  finished_at = CASE WHEN $8 THEN now() END, updated_at = now()
WHERE id = $1 AND attempt = $2
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

FIND = f"""
SELECT {COLUMNS} FROM builds WHERE id = $1 AND org_id = $2 AND user_id = $3
"""  # noqa: S608

LIST = f"""
SELECT {COLUMNS} FROM builds
WHERE org_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR job_id = $3)
  AND (created_at, id) < (coalesce($4::timestamptz, 'infinity'), $5::uuid)
ORDER BY created_at DESC, id DESC LIMIT $6
"""  # noqa: S608
LAST_ID = UUID(int=(1 << 128) - 1)


async def begin_build(session: "AsyncSession", build: BuildRow) -> BuildRow | None:
    """Take a build over for ``build.attempt`` of its job, made if it is the first; keep what is known.

    None when a later attempt has it already. The owner's builds of more than a year ago are forgotten.
    """
    await run(session, FORGET, build.org_id, build.user_id)
    values = tuple(getattr(build, field.name) for field in fields(BuildRow))[:9]
    return await one(session, BuildRow, BEGIN, *values)


async def builds_of_job(
    session: "AsyncSession", org: str, user: str, job_id: UUID
) -> Sequence[BuildRow]:
    """Return a job's builds, if it is this user's."""
    found = await run(session, OF_JOB, job_id, org, user)
    return [BuildRow(**row) for row in found.mappings()]


async def change_build(
    session: "AsyncSession", build: BuildRow, *, finished: bool
) -> BuildRow | None:
    """Write state, names and error of a build; None when a later attempt has it."""
    values = (
        *(build.id, build.attempt, build.state),
        *(build.remote_id, build.artifact_url, build.submission_id, build.error, finished),
    )
    return await one(session, BuildRow, CHANGE, *values)


async def find_build(db: "Statements", org: str, user: str, ident: UUID) -> BuildRow | None:
    """Return a build, if it is this user's."""
    row = await db.fetchrow(FIND, ident, org, user)
    return BuildRow(**row) if row else None


async def list_builds(
    db: "Statements",
    owner: tuple[str, str],
    job_id: UUID | None,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[BuildRow]:
    """Return a user's builds, newest first, behind a place in that order."""
    at, ident = behind or (None, LAST_ID)
    rows = await db.fetch(LIST, *owner, job_id, at, ident, limit)
    return [BuildRow(**row) for row in rows]
