"""All that one attempt may touch: what a processor is handed beside its args."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar, Unpack
from uuid import UUID

from pydantic import BaseModel

if TYPE_CHECKING:  # who only needs the names of kinds and errors need not load the outside world
    from sqlmodel.ext.asyncio.session import AsyncSession

    from jobs.providers import Providers
    from jobs.storage import OwnStorage

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class CurrentJob:
    """The job this attempt belongs to, as it was when the attempt started."""

    id: UUID
    kind: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A job that this one enqueued. Enqueued again by a later attempt it is still the same job."""

    id: UUID
    kind: str


class ChildOptions(TypedDict, total=False):
    """What may be said about a child beside its args; left out, its kind decides.

    But for ``notify``: of its children a job answers for itself, unless it says otherwise.
    """

    delay: timedelta
    priority: int
    max_attempts: int
    timeout: timedelta
    concurrency_key: str
    tags: Sequence[str]
    metadata: Mapping[str, Any]
    notify: bool


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
    def providers(self) -> "Providers":
        """Return the ways to the outside."""

    @property
    def storage(self) -> "OwnStorage":
        """Return the owner's uploads."""

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this job to stop."""

    def db(self) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a database session; commits at the end of the block, rolls back on an exception."""

    async def log(self, message: str, **fields: Any) -> None:
        """Show a line to whoever watches the job, and keep it with the job."""

    async def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the work is, 0 to 1. Conflated: only the newest is sure to be seen."""

    async def output(self, text: str) -> None:
        """Stream text (tokens, a build log). Joined for ~50 ms; starts afresh with each attempt."""

    async def notify(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Tell the owner for good: an inbox entry and the event ``notification.<name>``.

        Said again by a later attempt, with the same name and data, it is not told twice.
        """

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        """Enqueue a child job of the same owner; cancelled with this job.

        The n-th child of a kind with the same args is the same job in every attempt, so a second
        attempt finds its children instead of making more. Raises UnknownKind, InvalidArgs, TooLarge.
        """

    async def gather(
        self, children: Iterable[Child], *, failed: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        """Wait for children and return their results in order, holding no slot of the worker.

        A child that did not succeed raises ChildFailed, or with ``failed="return"`` stands as that
        ChildFailed in the list. The time does not count towards this attempt's time-out.
        """

    async def wait_for_input(
        self,
        model: type[M],
        timeout: timedelta | None = None,  # noqa: ASYNC109 - a wait for people, told to them
        prompt: str = "",
    ) -> M:
        """Wait until somebody hands in input that fits ``model``, holding no slot of the worker.

        The answer to the n-th request is kept: a later attempt gets it at once. Raises
        InputTimeout. The time does not count towards this attempt's time-out.
        """

    async def checkpoint(self, data: Any) -> None:
        """Save JSON for a later attempt of this job; replaces what was saved before."""

    @property
    def restored(self) -> Any:
        """Return what the last attempt saved by ``checkpoint``, None when nothing was."""

    async def sleep(self, seconds: float) -> None:
        """Wait; ends at once, by CancelledError, when the job is cancelled."""

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a CPU-heavy function in the process pool; it ends with the attempt."""
