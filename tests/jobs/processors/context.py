"""A Context without a worker: real database, storage, process pool and web; what is told is kept."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Literal, ParamSpec, TypeVar, Unpack
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.context import Child, ChildOptions, CurrentJob
from jobs.db import Database
from jobs.ids import uuid7
from jobs.processes import Processes
from jobs.providers import Providers
from jobs.storage import OwnStorage, Storage

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass
class RecordingContext:
    """One attempt's hands. ``lines``, ``fractions``, ``text`` and ``told`` hold what the processor told."""

    providers: Providers
    storage: OwnStorage
    database: Database
    processes: Processes
    job: CurrentJob
    attempt: int = 1
    user: str = "anna"
    org: str = "acme"
    cancelled: bool = False
    lines: list[str] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    text: str = ""
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def db(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.database.session()

    async def log(self, message: str, **fields: Any) -> None:
        self.lines.append(message)

    async def progress(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)
        self.messages.append(message)

    async def output(self, text: str) -> None:
        self.text += text

    async def notify(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        self.told.append((name, dict(data or {})))

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        raise AssertionError("these processors have no children")

    async def gather(
        self, children: Iterable[Child], *, failed: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        raise AssertionError("these processors have no children")

    async def wait_for_input(
        self,
        model: type[M],
        timeout: timedelta | None = None,
        prompt: str = "",
    ) -> M:
        raise AssertionError("these processors ask nobody")

    async def checkpoint(self, data: Any) -> None:
        raise AssertionError("these processors begin anew")

    @property
    def restored(self) -> Any:
        raise AssertionError("these processors begin anew")

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("these processors do not sleep")

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.processes.run(partial(fn, *args, **kwargs))


@dataclass(frozen=True)
class Attempts:
    """Makes contexts: each call is another attempt of a job, by default of a new one."""

    providers: Providers
    uploads: Storage
    database: Database
    processes: Processes

    def begin(
        self, kind: str, job: UUID | None = None, user: str = "anna", attempt: int = 1
    ) -> RecordingContext:
        return RecordingContext(
            providers=self.providers,
            storage=OwnStorage(self.uploads, "acme", user),
            database=self.database,
            processes=self.processes,
            job=CurrentJob(id=job or uuid7(), kind=kind),
            user=user,
            attempt=attempt,
        )
