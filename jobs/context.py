"""All that one attempt may touch: what a processor is handed beside its args."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.providers import Providers
from jobs.storage import OwnStorage

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CurrentJob:
    """The job this attempt belongs to, as it was when the attempt started."""

    id: UUID
    kind: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None


class Context(Protocol):
    """One attempt's hands: report, call out, stop. Handed to a processor, never built by one."""

    @property
    def job(self) -> CurrentJob:
        """Return the job this attempt belongs to."""

    @property
    def attempt(self) -> int:
        """Return which go at the job this is, from 1; it grows with every start."""

    @property
    def user(self) -> str:
        """Return whose job it is."""

    @property
    def org(self) -> str:
        """Return the org that user belongs to."""

    @property
    def providers(self) -> Providers:
        """Return the ways to the outside."""

    @property
    def storage(self) -> OwnStorage:
        """Return the owner's uploads."""

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this job to stop."""

    def db(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a database session; commits at the end of the block, rolls back on an exception."""

    async def log(self, message: str, **fields: Any) -> None:
        """Show a line to whoever watches the job, and keep it with the job."""

    async def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the work is, 0 to 1. Conflated: only the newest is sure to be seen."""

    async def output(self, text: str) -> None:
        """Stream text (tokens, a build log). Joined for ~50 ms; starts afresh with each attempt."""

    async def sleep(self, seconds: float) -> None:
        """Wait; ends at once, by CancelledError, when the job is cancelled."""

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a CPU-heavy function in the process pool; it ends with the attempt."""
