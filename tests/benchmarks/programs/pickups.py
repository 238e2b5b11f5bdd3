"""How long after the enqueueing call a job's processor begins, one job at a time."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tally import SLOT, mapped  # type: ignore[import-not-found]  # beside this file

SEED = 20_261_128
PAUSE_SECONDS = (0.005, 0.03)  # at random, so that no poll's rhythm is met
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 30.0


async def pickups(
    tally: str, samples: int, enqueue: Callable[[], Awaitable[object]]
) -> list[tuple[float, float]]:
    """Return, for each job, the seconds from the call, and from its return, until the job began.

    The second is negative when the processor began before the enqueueing client had its answer.
    """
    shared, chance = mapped(Path(tally)), random.Random(SEED)  # noqa: S311 - no secret
    found = []
    for _ in range(samples):
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
        known = SLOT.unpack_from(shared, 0)[0]
        called = time.monotonic()
        await enqueue()
        returned = time.monotonic()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while SLOT.unpack_from(shared, 0)[0] == known:
                await asyncio.sleep(LOOK_SECONDS)
        began = SLOT.unpack_from(shared, 0)[1] / 1e9
        found.append((began - called, began - returned))
    return found
