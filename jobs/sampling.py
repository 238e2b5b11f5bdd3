"""A sample of queues and workers at every tick, for charts that look back."""

import asyncio
import random
from datetime import timedelta

from jobs import store
from jobs.db import Database
from jobs.signals import Picture, Signals
from jobs.store import Sample

TICK_SECONDS = 15
SPREAD_SECONDS = 5.0
MOST = 2**31 - 1


async def tick_sample(db: Database, signals: Signals) -> None:
    """Keep how things stand at this tick, unless another worker has: they look at moments of their own."""
    await asyncio.sleep(random.random() * SPREAD_SECONDS)  # noqa: S311 - no secret
    if not await store.sampled(db, timedelta(seconds=TICK_SECONDS)):
        await take_sample(db, signals)


async def take_sample(db: Database, signals: Signals) -> None:
    """Keep how things stand. Harmless twice: a tick has one row. Raises Unavailable."""
    sample = sample_of(await signals.read())
    await store.add_sample(db, timedelta(seconds=TICK_SECONDS), sample)


def sample_of(picture: Picture) -> Sample:
    """Return what is kept of a picture."""
    by_state = {"queued": 0, "held": 0, "running": 0}
    for standing in picture.standings:
        if standing.state in by_state:
            by_state[standing.state] += standing.jobs
    return Sample(
        queued=min(by_state["queued"], MOST),
        held=min(by_state["held"], MOST),
        running=by_state["running"],
        lag_seconds=picture.lag_seconds,
        workers=len(picture.workers),
        slots=picture.slots,
        busy=picture.busy,
    )
