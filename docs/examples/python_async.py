"""Many jobs at once with asyncio: a batch, its progress, and each result.

JOBCAST_URL and JOBCAST_TOKEN say where and who; `make run` prints both.
"""

# ruff: noqa: T201 - it prints

import asyncio

from service.client import AsyncJobcast

TEXTS = ["Call the plumber before Friday!", "order seeds", "Project: Garden, to be ready by May"]


async def main() -> None:
    """Submit the texts as one batch and print what was found in each."""
    async with AsyncJobcast() as jobcast:
        jobs = [("brain_dump_processing", {"text": t, "auto_accept": True}) for t in TEXTS]
        batch = await jobcast.batch(jobs, tags=["example"])
        async for news in batch.watch():
            print(f"{news.progress.fraction:4.0%} {news.counts['succeeded']} of {news.total}")

        async for job in jobcast.jobs(batch=batch.id):
            print(job.state, job.result)


asyncio.run(main())
