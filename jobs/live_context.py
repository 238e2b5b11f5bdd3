"""The Context of a real attempt: what ``jobs.context.Context`` promises, over real servers."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, Unpack

from pydantic import BaseModel

from jobs.context import Child, ChildOptions, CurrentJob
from jobs.db import Database
from jobs.flow import Flow
from jobs.processes import Processes
from jobs.providers import Providers
from jobs.reporter import Reporter
from jobs.running import Running, Why
from jobs.storage import OwnStorage

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


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
    flow: Flow
    restored: Any = None

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this job to stop; a deploy or a lost lease is not that."""
        return self.running.why is Why.CANCEL

    def db(self) -> "AbstractAsyncContextManager[AsyncSession]":
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

    async def notify(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Tell the owner for good."""
        await self.flow.notify(name, data or {})
        self.running.told = True

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        """Enqueue a child job."""
        return await self.flow.enqueue(kind, args, options)

    async def gather(
        self, children: Iterable[Child], *, failed: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        """Wait for children."""
        return await self.flow.gather(list(children), failed=failed)

    async def wait_for_input(
        self,
        model: type[M],
        timeout: timedelta | None = None,  # noqa: ASYNC109 - see Context
        prompt: str = "",
    ) -> M:
        """Wait for somebody's input."""
        return await self.flow.wait_for_input(model, timeout, prompt)

    async def checkpoint(self, data: Any) -> None:
        """Save JSON for a later attempt."""
        await self.flow.checkpoint(data)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a CPU-heavy function in the process pool."""
        call = partial(fn, *args, **kwargs)
        return await self.processes.run(call, timeout=self.running.seconds_left)
