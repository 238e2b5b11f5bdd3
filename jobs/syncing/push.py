"""Telling what has changed here: each event under the etag it was last seen with, so nobody is overwritten.

A new event goes out under an id that we chose, so that a second try makes no second one. When the other
side was faster (412), its state is read and merged, and ours is told over it only if ours counts.
"""

from dataclasses import replace
from uuid import UUID

from jobs.agenda.merge import Action, Outcome, merge, over, pushed
from jobs.agenda.sides import LocalEvent, RemoteEvent
from jobs.errors import Refused
from jobs.kept.synced_events import begin_telling, lock_events
from jobs.syncing.apply import Merged, apply
from jobs.syncing.sync import Sync

AT_ONCE = 50
MOST_TOLD = 1_000
TRIES = 3
UNAUTHORIZED = 401
NOT_FOUND = 404
EXISTS = 409
GONE = 410
CHANGED = 412
LONGEST_PROBLEM = 500


async def push(sync: Sync) -> None:
    """Tell everything that is pending, the oldest change first. Raises Refused, ProviderError."""
    told: list[UUID] = []
    while len(told) < MOST_TOLD:
        async with sync.session() as session:
            events = await begin_telling(session, sync.row.id, told, AT_ONCE)
        if not events:
            return
        for event in events:
            told.append(event.id)
            await tell(sync, event)
        await sync.context.progress(0.8, f"{len(told)} changes told")


async def tell(sync: Sync, event: LocalEvent) -> None:
    """Tell one event; after too many collisions it stays pending for the next sync."""
    wanted: LocalEvent | None = event
    for _ in range(TRIES):
        if wanted is None:
            return
        try:
            answer = await told(sync, wanted)
        except Refused as error:
            wanted = await settled(sync, wanted, error)
            continue
        await heard(sync, wanted, answer)
        return


async def told(sync: Sync, event: LocalEvent) -> RemoteEvent:
    """Tell an event and return what it is there now. Raises Refused, ProviderError."""
    if event.pending == "delete":
        await sync.calendar.remove(event)
        return gone(event)
    if event.pending == "create":
        return await sync.calendar.insert(event, sync.clock)
    return await sync.calendar.change(event, sync.clock)


async def heard(sync: Sync, event: LocalEvent, answer: RemoteEvent) -> None:
    """Keep the answer to a push; what was changed here meanwhile is still to be told."""
    async with sync.session() as session:
        local = (await lock_events(session, sync.row.id, [event.remote_id])).get(event.remote_id)
        await apply(sync, session, [Merged(local, answer, pushed(local, event, answer))])
    sync.tally.pushed += 1


async def settled(sync: Sync, event: LocalEvent, error: Refused) -> LocalEvent | None:
    """Settle an event whose push was refused; return it as it is to be told again, if it is.

    What Google will never take goes back to what it is there, with a record of what was wanted.
    Raises the error for a token or a calendar that is no good.
    """
    if error.status == UNAUTHORIZED or (error.status == NOT_FOUND and event.pending == "create"):
        raise error
    final = error.status not in {NOT_FOUND, EXISTS, GONE, CHANGED}
    problem = str(error)[:LONGEST_PROBLEM] if final else ""
    remote = await found(sync, event, error)
    async with sync.session() as session:
        local = (await lock_events(session, sync.row.id, [event.remote_id])).get(event.remote_id)
        outcome = merge(local, remote)
        if final:
            outcome = Outcome(over(remote), changed=True, winner="remote")
        await apply(sync, session, [Merged(local, remote, outcome, problem)])
    if local is None or outcome.action is not Action.KEEP:
        return None
    return replace(local, etag=remote.etag, agreed=remote.digest, pending=outcome.pending)


async def found(sync: Sync, event: LocalEvent, error: Refused) -> RemoteEvent:
    """Return what an event is there, after our push of it was refused."""
    if error.status in {NOT_FOUND, GONE}:
        return gone(event)
    try:
        return await sync.calendar.get(event.remote_id, sync.clock)
    except Refused as absent:
        if absent.status in {NOT_FOUND, GONE}:
            return gone(event)
        raise


def gone(event: LocalEvent) -> RemoteEvent:
    """Return an event that is there no more."""
    return RemoteEvent(event.remote_id, "", None, None)
