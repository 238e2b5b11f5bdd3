"""A job that measures its worker's event loop while others run; loaded by PROCESSORS=lag_kind.

The way of ``jobs.loop_lag``, looking 50 times as often.
"""

import asyncio
from pathlib import Path

from pydantic import BaseModel

from jobs import Context, processor

STEP_SECONDS = 0.005
LOOKS = 20  # steps between two looks for the file


class Args(BaseModel):
    until: str


@processor("watch_lag")
async def watch_lag(context: Context, args: Args) -> list[float]:
    """Returns how late the loop was at each step, in seconds, until a file is there; changes nothing."""
    clock, found = asyncio.get_running_loop().time, []
    end = Path(args.until)
    while not end.exists():
        for _ in range(LOOKS):
            begun = clock()
            await asyncio.sleep(STEP_SECONDS)
            found.append(round(max(clock() - begun - STEP_SECONDS, 0.0), 6))
    return found
