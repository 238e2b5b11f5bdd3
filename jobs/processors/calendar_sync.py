"""Kind ``calendar_sync``: bring a calendar here and the one at Google in step, both ways."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, Held, JobError, ProviderError, Refused
from jobs.kept.connections import ConnectionRow, find_connection, refuse_connection
from jobs.kept.syncs import (
    SyncRow,
    claim_sync,
    due_syncs,
    fail_sync,
    find_sync,
    finish_sync,
    let_go,
    remove_left,
    sync_key,
)
from jobs.processor import processor
from jobs.retry import steps
from jobs.syncing.channel import close_channel, open_channel
from jobs.syncing.pull import pull
from jobs.syncing.push import push
from jobs.syncing.sync import SOON, Sync, Tally
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_ROUNDS = 5
UNAUTHORIZED = 401
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 10
LONGEST_ERROR = 500
REFRESH = timedelta(minutes=5)
QUIET = frozenset({"tick", "hook", "event"})
"""What a job's metadata names when nobody asked for it."""


class Args(BaseModel):
    """Which of the user's calendars."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"calendar_id": "01a203fe-315d-7704-ba1e-0be741383f9a"}]},
    )

    calendar_id: UUID = Field(description="A calendar of yours, by its id at `/api/calendars`")


class Result(BaseModel):
    """What was done. The events are at `/api/calendars/{calendar_id}/events`."""

    calendar_id: UUID
    pulled: int = Field(0, description="Events that are new, different or gone here")
    pushed: int = Field(0, description="Events that are new, different or gone at Google")
    conflicts: int = Field(0, description="Events that both sides had changed")
    full: bool = Field(False, description="Whether all events were read, not only the changes")
    skipped: Literal["paused", "left"] | None = Field(None, description="Why nothing was synced")


async def due(session: "AsyncSession", now: datetime, limit: int) -> list[Due]:
    """Return a job for each calendar that is due, and put the calendars off until the next tick."""
    return [
        Due(org, user, Args(calendar_id=ident), sync_key(ident, number))
        for ident, org, user, number in await due_syncs(session, now, limit)
    ]


@processor(
    "calendar_sync",
    timeout=timedelta(minutes=3),
    max_attempts=5,
    backoff=steps(timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5)),
    notify="failures",
    failed_as="calendar_sync_failed",
    tick=Tick("*/15 * * * *", due),
)
async def calendar_sync(context: Context, args: Args) -> Result:
    """Read what has changed at Google, tell it what has changed here, and keep a push channel open.

    Running it twice changes nothing: what was read is known again by its etag, what was told goes out under
    its own id and the etag it was seen with, and a conflict is kept once. One job holds a calendar at a
    time.
    """
    await context.progress(0.0, "Looking at the calendar")
    row = await taken(context, args.calendar_id)
    if row.left_at is not None:
        return await left(context, row)
    if row.paused:
        async with context.db() as session:
            await let_go(session, row.id, context.job.id)
        return Result(calendar_id=row.id, skipped="paused")
    try:
        sync = await synced(context, row)
    except Held:
        raise
    except Exception as error:
        await failed(context, row, error)
        raise
    return await told(sync)


async def taken(context: Context, ident: UUID) -> SyncRow:
    """Take the calendar. Raises Discard for one that is not this user's, Held while another job has it."""
    async with context.db() as session:
        row = await claim_sync(session, context.org, context.user, ident, context.job.id)
        known = row or await find_sync(session, context.org, context.user, ident)
    if known is None:
        raise Discard("There is no such calendar.", code="not_found")
    if row is None:
        raise Held(SOON, "Another job has the calendar.")
    return row


async def synced(context: Context, row: SyncRow) -> Sync:
    """Bring both sides in step and return what was done. Raises JobError."""
    connection = await connected(context, row)
    sync = opened(context, row, connection)
    try:
        await in_step(sync)
    except Refused as error:
        if error.status == UNAUTHORIZED:
            raise await refused(context, connection, error) from error
        raise
    return sync


async def connected(context: Context, row: SyncRow) -> ConnectionRow:
    """Return the calendar's connection. Raises Discard when it is gone: then the calendar is too."""
    async with context.db() as session:
        found = await find_connection(session, context.org, context.user, row.connection_id)
    if found is None:
        raise Discard("There is no such calendar.", code="not_found")
    return found


def opened(context: Context, row: SyncRow, connection: ConnectionRow) -> Sync:
    """Return the sync of a calendar. Raises Discard for a connection that is no good."""
    credentials = context.providers.vault.open(connection)
    calendar = context.providers.google.calendar(connection, credentials, row.remote_id)
    tally = Tally.resumed(context.restored)
    return Sync(context, row, calendar, row.timezone, tally)


async def in_step(sync: Sync) -> None:
    """Pull and push, again while somebody says meanwhile that there is more, and let go of the calendar."""
    saved = sync.context.restored
    await open_channel(sync)
    for number in range(1, MOST_ROUNDS + 1):
        await sync.context.progress(0.1, "Asking Google what has changed")
        await pull(sync, saved)
        await sync.context.progress(0.6, "Telling Google what has changed")
        await push(sync)
        await sync.save()
        async with sync.session() as session:
            whatever = number == MOST_ROUNDS
            job, touches = sync.context.job.id, sync.row.touches
            if await finish_sync(session, sync.row.id, job, touches, whatever=whatever):
                return
        sync.row, saved = await taken(sync.context, sync.row.id), None
        if sync.row.paused or sync.row.left_at is not None:
            raise Held(SOON, "The calendar was left or paused meanwhile.")


async def left(context: Context, row: SyncRow) -> Result:
    """Close the channel of a calendar that its user has left, and forget the calendar.

    Raises ProviderError when the channel may still be closed, Held when it was taken up again meanwhile.
    """
    job = context.job.id
    try:
        await close_channel(opened(context, row, await connected(context, row)))
    except Discard as error:
        await context.log(f"The channel stays open until it ends: {error}")
    async with context.db() as session:
        await remove_left(session, row.id, job)
        again = await find_sync(session, context.org, context.user, row.id)
        await let_go(session, row.id, job)
    if again is not None:
        raise Held(SOON, "The calendar was taken up again.")
    await context.progress(1.0, "The calendar was left")
    return Result(calendar_id=row.id, skipped="left")


async def refused(context: Context, connection: ConnectionRow, error: Refused) -> JobError:
    """Return what a refused token means: the clock refreshes it soon, or it is no good any more."""
    if "refresh_token" in connection.holds:
        return ProviderError(f"{error} The token is refreshed by the clock.", after=REFRESH)
    async with context.db() as session:
        await refuse_connection(session, connection, str(error))
    return error


async def failed(context: Context, row: SyncRow, error: Exception) -> None:
    """Note a failure, and let the calendar wait longer with each; what stays waits for its user."""
    broken = isinstance(error, Discard) and error.code != "not_configured"
    asked_for = error.after if isinstance(error, ProviderError) and error.after else timedelta(0)
    wait = max(min(FIRST_WAIT * 2 ** min(row.failures, MOST_DOUBLINGS), LONGEST_WAIT), asked_for)
    said = (getattr(error, "code", None) or "error", str(error)[:LONGEST_ERROR])
    async with context.db() as session:
        await fail_sync(session, row.id, context.job.id, said, wait, broken=broken)


async def told(sync: Sync) -> Result:
    """Say how it went: to whoever asked for it, and to nobody else unless the two sides disagreed."""
    context, row, tally = sync.context, sync.row, asdict(sync.tally)
    await context.progress(1.0, f"{tally['pulled']} changes read, {tally['pushed']} told")
    asked = not QUIET & set(context.job.metadata or {})
    if asked or tally["conflicts"]:
        about = {"calendar_id": str(row.id), "name": row.title}
        counts = {name: tally[name] for name in ("pulled", "pushed", "conflicts")}
        await context.notify("calendar_sync_completed", {**about, **counts})
    return Result(calendar_id=row.id, **tally)
