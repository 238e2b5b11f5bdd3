"""A brain dump as its job reads and writes it; ``jobs.store.brain_dumps`` is its owner's.

A row is written step by step under the job's id, and each step once: what is there already stays, so that
an attempt goes on where an earlier one, or one that lost its lease meanwhile, has come to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

Part = Literal["context", "tasks"]
Status = Literal["reading", "waiting", "done", "rejected", "nothing_found", "expired"]
MOST_BRAIN_DUMPS = 1_000
"""How many one user may have."""


@dataclass(frozen=True, slots=True)
class BrainDumpRow:
    """One text. Field order is column order.

    ``known`` is what the user had to do then. ``context`` and ``tasks`` are what was found so far,
    ``extracted`` those that are whole. ``proposals`` are operations with what was left out, the newest
    last, and ``outcomes`` what became of those.
    """

    id: UUID
    org_id: str
    user_id: str
    text: str
    status: Status
    known: dict[str, Any]
    context: dict[str, Any]
    tasks: dict[str, Any]
    extracted: list[Part]
    proposals: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    usage: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime

    @property
    def over(self) -> bool:
        """Return whether everything was done, or nothing will be."""
        return self.status in {"done", "rejected", "nothing_found"}


@dataclass(frozen=True, slots=True)
class OwnDump:
    """One brain dump, named by its job's id and its owner."""

    id: UUID
    org: str
    user: str

    @property
    def named(self) -> tuple[UUID, str, str]:
        """Return what names it."""
        return self.id, self.org, self.user


COLUMNS = ", ".join(f"d.{field.name}" for field in fields(BrainDumpRow))
OWNED = "d.id = $1 AND d.org_id = $2 AND d.user_id = $3"
UNDER_WAY = "d.status IN ('reading', 'waiting')"

FIND = f"SELECT {COLUMNS} FROM brain_dumps d WHERE {OWNED}"  # noqa: S608 - our own names
LOCK = f"{FIND} FOR NO KEY UPDATE"

COUNT = "SELECT count(*) FROM brain_dumps WHERE org_id = $1 AND user_id = $2"

BEGIN = """
INSERT INTO brain_dumps (id, org_id, user_id, text, known, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval) ON CONFLICT (id) DO NOTHING
"""

# Only of a dump that nobody answered in time: whoever retries its job has time again.
REOPEN = f"""
UPDATE brain_dumps d SET status = 'reading', expires_at = now() + $4::interval, updated_at = now()
WHERE {OWNED} AND d.status = 'expired'
"""  # noqa: S608 - our own names

FIND_MORE = f"""
UPDATE brain_dumps d SET updated_at = now(),
  context = CASE $4::text WHEN 'context' THEN $5::jsonb ELSE d.context END,
  tasks = CASE $4::text WHEN 'tasks' THEN $5::jsonb ELSE d.tasks END,
  extracted = CASE WHEN $6::bool THEN array_append(d.extracted, $4) ELSE d.extracted END
WHERE {OWNED} AND {UNDER_WAY} AND $4 <> ALL(d.extracted)
"""  # noqa: S608 - our own names

PROPOSE = f"""
UPDATE brain_dumps d SET proposals = d.proposals || jsonb_build_array($5::jsonb), updated_at = now()
WHERE {OWNED} AND {UNDER_WAY} AND jsonb_array_length(d.proposals) = $4
"""  # noqa: S608 - our own names

WAIT = f"""
UPDATE brain_dumps d SET status = 'waiting', updated_at = now() WHERE {OWNED} AND {UNDER_WAY}
RETURNING greatest(extract(epoch FROM d.expires_at - now()), 0)::float8
"""  # noqa: S608 - our own names

END = f"""
UPDATE brain_dumps d SET status = $4, outcomes = $5::jsonb, usage = $6::jsonb, updated_at = now()
WHERE {OWNED} AND {UNDER_WAY}
"""  # noqa: S608 - our own names


async def find_dump(
    session: "AsyncSession", own: OwnDump, *, lock: bool = False
) -> BrainDumpRow | None:
    """Return a brain dump; with ``lock`` nobody else ends it before the session ends."""
    return await one(session, BrainDumpRow, LOCK if lock else FIND, *own.named)


async def count_dumps(session: "AsyncSession", org: str, user: str) -> int:
    """Return how many brain dumps the user has."""
    return int((await run(session, COUNT, org, user)).scalar_one())


async def begin_dump(
    session: "AsyncSession", own: OwnDump, text: str, known: Mapping[str, Any], time: timedelta
) -> None:
    """Keep a text that will be read, confirmed and carried out within ``time``."""
    values = (*own.named, text, json_text(known), time)
    await run(session, BEGIN, *values)


async def reopen_dump(session: "AsyncSession", own: OwnDump, time: timedelta) -> None:
    """Give ``time`` again to what nobody answered."""
    await run(session, REOPEN, *own.named, time)


async def keep_found(
    session: "AsyncSession", own: OwnDump, part: Part, found: Mapping[str, Any], *, whole: bool
) -> None:
    """Keep what an extraction has found so far; what is ``whole`` stays as it is from then on."""
    values = (*own.named, part, json_text(found), whole)
    await run(session, FIND_MORE, *values)


async def keep_proposal(
    session: "AsyncSession", own: OwnDump, number: int, proposal: Mapping[str, Any]
) -> None:
    """Keep the proposal that has ``number`` before it; one that is there already stays."""
    values = (*own.named, number, json_text(proposal))
    await run(session, PROPOSE, *values)


async def seconds_to_wait(session: "AsyncSession", own: OwnDump) -> float | None:
    """Note that the owner is asked; return how long they have, None when the dump is gone."""
    found = (await run(session, WAIT, *own.named)).first()
    return float(found[0]) if found else None


async def end_dump(
    session: "AsyncSession",
    own: OwnDump,
    status: Status,
    outcomes: Sequence[Mapping[str, Any]],
    usage: Mapping[str, Any],
) -> None:
    """Note how it ended; an end that is there already stays."""
    values = (*own.named, status, json_text(list(outcomes)), json_text(usage))
    await run(session, END, *values)
