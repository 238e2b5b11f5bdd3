"""The way to a service that builds apps on machines of its own and hands them to stores.

``eas`` is the one there is: the command line named in EAS_COMMAND. Another (an HTTP API, say) would be a
second BuildService that ``Builds.at`` returns.
"""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.providers.build_log import BuildLog
from jobs.providers.build_projects import BuildProjects
from jobs.providers.build_service import BuildService
from jobs.providers.command import Hear
from jobs.providers.eas import EasCommand
from jobs.providers.transport import GuardedTransport, Resolver, resolve
from jobs.settings import JobsSettings


class Builds:
    """The way to the build service. One per process, so that few commands run at once."""

    def __init__(self, settings: JobsSettings, resolver: Resolver = resolve) -> None:
        self._settings = settings
        self._transport = GuardedTransport(resolver)
        # Sending a project takes minutes: whoever only looks does not wait behind those.
        self._sending = asyncio.Semaphore(settings.eas_concurrency)
        self._looking = asyncio.Semaphore(settings.eas_concurrency)
        self.projects = BuildProjects(settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    def check(self) -> None:
        """Raise NotConfigured, or Discard when EAS_COMMAND names a program that is not here."""
        EasCommand.check(self._settings)

    @property
    def poll_seconds(self) -> float:
        """Return how long to wait before a build is looked at again, at first."""
        return self._settings.eas_poll_seconds

    def at(self, folder: Path, hear: Hear) -> BuildService:
        """Return the service for the project in ``folder``; ``hear`` gets what is said meanwhile."""
        return EasCommand(self._settings, folder, hear, self._sending, self._looking)

    def log(self) -> BuildLog:
        """Return a reader of one build's log, from its beginning."""
        return BuildLog(self._transport, self._settings)
