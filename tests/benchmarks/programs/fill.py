"""Accepts no-op jobs one by one, as a web process does with many callers at once: ``fill JOBS USERS``."""

import asyncio
import sys

from jobs.acceptance import Submission
from jobs.resources import open_resources
from jobs.settings import JobsSettings
from realtime.caller import Caller

AT_ONCE = 256


async def fill(jobs: int, users: int) -> None:
    """Accept so many jobs, of each user in turn, and hand them over."""
    scopes = frozenset({"jobs:write"})
    callers = [Caller(f"drain-{user}", f"drain-{user}", scopes) for user in range(users)]
    left = iter(range(jobs))
    async with open_resources(JobsSettings()) as resources:

        async def submit() -> None:
            for number in left:
                wanted = Submission("noop", {"value": 1})
                await resources.queue.submit(callers[number % users], wanted)

        await asyncio.gather(*(submit() for _ in range(AT_ONCE)))
        await resources.queue.drain()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[1]), int(sys.argv[2])))
