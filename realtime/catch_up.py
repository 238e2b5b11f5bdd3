"""What a subscription is told before it goes live: all since its place, the whole state, or nothing."""

from realtime.cursor import Cursor
from realtime.ephemeral import Memory
from realtime.replay import Missed, Reading, Replay
from realtime.subscription import Subscription


async def first_reading(
    replay: Replay,
    subscription: Subscription,
    since: Cursor | None,
    memory: Memory | None,
    *,
    snapshot: bool,
) -> Reading:
    """Read for one who joins: after ``since``, the state if a ``snapshot`` is wanted, else only the place.

    ``memory`` is what is remembered of the channel, None if it has yet to be read. Raises UnknownChannel,
    and whatever the Source raises.
    """
    channel = subscription.channel
    if since is not None:
        return await read_since(replay, subscription, since, whole=channel.single, memory=memory)
    if memory is None:
        subscription.start_reading()
    if snapshot:
        return await replay.state(channel, Missed(subscription.forget_ephemeral, memory=memory))
    return await replay.now(channel)


async def read_since(
    replay: Replay,
    subscription: Subscription,
    since: Cursor,
    *,
    whole: bool,
    memory: Memory | None = None,
) -> Reading:
    """Read what one missed since a place; ``whole`` with what is not told for good as well.

    Raises UnknownChannel, and whatever the Source raises.
    """
    if memory is None:
        subscription.start_reading()
    parts = subscription.parts
    missed = Missed(subscription.forget_ephemeral, whole=whole, parts=parts, memory=memory)
    return await replay.since(subscription.channel, since, missed)
