"""The Context of a real attempt: what ``jobs.context.Context`` promises, over real servers."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.context import CurrentJob
from jobs.db import Database
from jobs.processes import Processes
from jobs.providers import Providers
from jobs.reporter import Reporter
from jobs.running import Running
from jobs.storage import OwnStorage

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LiveContext:
    """One attempt's hands; see ``jobs.context.Context`` for what each method promises."""

    job: CurrentJob
    attempt: int
    user: str
    org: str
    providers: Providers
    storage: OwnStorage
    reporter: Reporter
    running: Running
    database: Database
    processes: Processes

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this attempt to end."""
        return self.running.why is not None

    def db(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a database session."""
        return self.database.session()

    async def log(self, message: str, **fields: Any) -> None:
        """Show a line and keep it."""
        await self.reporter.log(message, fields)

    async def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the work is."""
        await self.reporter.progress(fraction, message)

    async def output(self, text: str) -> None:
        """Stream text."""
        await self.reporter.output(text)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a CPU-heavy function in the process pool."""
        call = partial(fn, *args, **kwargs)
        return await self.processes.run(call, timeout=self.running.seconds_left)
