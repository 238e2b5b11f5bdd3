"""Requests that wait for a job: who they are, so that a stopping server can answer them at once."""

from uuid import UUID

from realtime.channels import Channel
from realtime.close_codes import DRAIN
from realtime.delivery import Bye
from realtime.hub import Hub
from realtime.subscriber import Subscriber


class Waits:
    """All waiting requests of this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: set[Subscriber] = set()
        self._ended = False

    async def final(self, job_id: UUID, seconds: float) -> None:
        """Wait until the job has finished. Raises TimeoutError; at once when the server stops."""
        async with self._hub.listen(Channel.job(job_id)) as listening:
            if self._ended:
                raise TimeoutError
            self._waiting.add(listening)
            try:
                await listening.final(seconds)
            finally:
                self._waiting.discard(listening)

    def end(self) -> None:
        """Let everybody stop waiting, now and from now on."""
        self._ended = True
        for listening in self._waiting:
            listening.close(Bye(DRAIN.number))
