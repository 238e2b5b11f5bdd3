"""Waiting for a job inside one request (``Prefer: wait``): by the way back, not by asking again."""

from uuid import UUID

from jobs.resource import JobResource
from service.call import Call


async def finished(call: Call, job_id: UUID, seconds: int) -> JobResource | None:
    """Return the job as soon as it has finished, None if it has not within ``seconds``."""
    try:
        await call.waits.final(job_id, seconds)
    except TimeoutError:
        return None
    return await call.resources.records.get(call.caller, job_id)
