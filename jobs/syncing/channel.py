"""Being told of changes: a push channel, opened before the first reading and renewed before it ends.

A sync that gets none goes on all the same: the clock asks every 15 minutes anyway.
"""

from datetime import timedelta

from jobs.errors import Held, JobError, ProviderError, Refused
from jobs.ids import uuid7
from jobs.kept.syncs import ask_channel, forget_channel, keep_channel, no_channel
from jobs.syncing.sync import Sync

RENEW_WITHIN = timedelta(days=1)
"""How long before its end a channel is renewed."""

AFTER_TROUBLE = timedelta(hours=1)
AFTER_REFUSAL = timedelta(days=1)
UNAUTHORIZED = 401
LONGEST_ERROR = 500


async def open_channel(sync: Sync) -> None:
    """Open a push channel where there is none for long, and close the one before it.

    Raises Refused for a token that is not taken.
    """
    address = sync.context.providers.google.channels.address
    if address is None or not wanted(sync):
        return
    ident, job, row = uuid7(), sync.context.job.id, sync.row
    async with sync.session() as session:
        await ask_channel(session, row.id, job, ident)
    try:
        channel = await sync.calendar.watch(ident, address)
    except (Refused, ProviderError) as error:
        await without(sync, error)
        return
    async with sync.session() as session:
        await keep_channel(session, row.id, job, (channel.id, channel.resource, channel.until))
    await sync.context.log("Google tells of changes from now on")
    await close(sync)


def wanted(sync: Sync) -> bool:
    """Say whether the calendar needs a new channel now."""
    row = sync.row
    if row.channel_after is not None and row.channel_after > row.now:
        return False
    if row.channel_id is None:
        return True
    return row.channel_until is not None and row.channel_until - row.now <= RENEW_WITHIN


async def without(sync: Sync, error: JobError) -> None:
    """Go on without a channel, and ask for one later. Raises Refused for a token that is not taken."""
    if isinstance(error, Refused) and error.status == UNAUTHORIZED:
        raise error
    wait = AFTER_REFUSAL if isinstance(error, Refused) else AFTER_TROUBLE
    async with sync.session() as session:
        await no_channel(
            session, sync.row.id, sync.context.job.id, wait, str(error)[:LONGEST_ERROR]
        )
    await sync.context.log(f"Google will not tell of changes: {error}")


async def close_channel(sync: Sync) -> None:
    """Close the channel of a calendar that was left. Raises ProviderError when that may still work."""
    if sync.row.channel_id is None:
        return
    await close(sync, anyway=False)
    async with sync.session() as session:
        await forget_channel(session, sync.row.id, sync.context.job.id)


async def close(sync: Sync, *, anyway: bool = True) -> None:
    """Close the channel that the row had. One that stays open ends by itself, and nobody listens to it."""
    if sync.row.channel_id is None:
        return
    try:
        await sync.calendar.stop(sync.row.channel_id, sync.row.channel_resource)
    except Held:
        raise
    except JobError as error:
        if not anyway and isinstance(error, ProviderError):
            raise
        await sync.context.log(f"The old channel stays open until it ends: {error}")
