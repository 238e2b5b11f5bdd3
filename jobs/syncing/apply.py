"""Writing what merging came to: a page of events, or one, in the transaction that compared them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.agenda.merge import Action, Outcome
from jobs.agenda.sides import LocalEvent, RemoteEvent
from jobs.ids import derived_uuid7
from jobs.kept.synced_events import (
    Conflict,
    drop_events,
    keep_conflicts,
    keep_events,
    take_events,
)
from jobs.syncing.sync import Sync

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Merged:
    """Both sides of an event, and what becomes of it; ``problem`` is why our change was refused."""

    local: LocalEvent | None
    remote: RemoteEvent
    outcome: Outcome
    problem: str = ""


async def apply(
    sync: Sync, session: "AsyncSession", merged: Sequence[Merged], seen_by: UUID | None = None
) -> None:
    """Write events and conflicts, a statement for each thing that happens, and count them."""
    calendar, job = sync.row.id, sync.context.job.id
    by = {action: [one for one in merged if one.outcome.action is action] for action in Action}
    changed = [one.remote.id for one in merged if one.outcome.changed]
    taken = [one.remote for one in by[Action.TAKE]]
    await take_events(session, calendar, taken, changed, seen_by)
    kept = [(one.remote, one.outcome.pending) for one in by[Action.KEEP]]
    await keep_events(session, calendar, kept)
    await drop_events(session, calendar, [one.remote.id for one in by[Action.DROP]])
    conflicts = [
        conflict(job, one.local, one) for one in merged if one.local and one.outcome.winner
    ]
    await keep_conflicts(session, calendar, job, conflicts)
    sync.tally.pulled += len(changed)
    sync.tally.conflicts += len(conflicts)


def conflict(job: UUID, local: LocalEvent, merged: Merged) -> Conflict:
    """Return a conflict as it is kept: the same one when the job meets it again."""
    remote = merged.remote
    return Conflict(
        id=derived_uuid7(job, f"conflict.{local.id}.{local.version}.{remote.etag}"),
        event_id=local.id,
        winner=merged.outcome.winner or "remote",
        reason="refused" if merged.problem else "both_changed",
        problem=merged.problem,
        local=None if local.pending == "delete" else local.content.shown(),
        remote=remote.content.shown() if remote.content else None,
        local_changed_at=local.changed_at,
        remote_changed_at=remote.updated_at,
    )
