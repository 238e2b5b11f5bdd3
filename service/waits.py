"""Requests that wait for a job; the hub lets them go when the server stops."""

from uuid import UUID

from realtime.channels import Channel
from realtime.hub import Hub


class Waits:
    """Waiting, by the way back of this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def final(self, job_id: UUID, seconds: float) -> None:
        """Wait until the job has finished. Raises TimeoutError; at once when the server stops."""
        async with self._hub.listen(Channel.job(job_id)) as listening:
            await listening.final(seconds)
