"""The bench: jobs run on it as they do in production, without servers and on a clock of its own."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

from jobs.acceptance import Submission
from jobs.processor import Kind, Registry
from jobs.providers import Providers
from jobs.settings import JobsSettings
from jobs.testing.absent import Missed, Sessions, no_database, providers_with
from jobs.testing.clock import BEGIN, Clock
from jobs.testing.engine import Engine, Surroundings
from jobs.testing.job import Job
from jobs.testing.record import Event
from jobs.testing.stage import Stage
from jobs.testing.uploads import MemoryStorage
from jobs.testing.world import World
from realtime.caller import Caller

SCOPES = frozenset({"jobs:read", "jobs:write"})


class Stuck(AssertionError):
    """Nothing more can happen on the bench, and what was waited for is not so."""


class Bench:
    """Some kinds, the jobs submitted so far, and the time.

    ``providers`` are stand-ins by name. Leave the bench by ``async with`` when a test ends with jobs
    unfinished; one that ran to the end holds nothing open. ``patience`` is how many real seconds an
    open socket may be silent before time jumps.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        *,
        now: datetime | str = BEGIN,
        providers: Providers | Mapping[str, object] | None = None,
        uploads: Mapping[UUID, bytes | Path] | None = None,
        db: Sessions | None = None,
        settings: JobsSettings | None = None,
        owner: tuple[str, str] = ("acme", "anna"),
        patience: float = 3.0,
    ) -> None:
        # Without the environment: a test must not depend on the machine it runs on.
        settings = settings or JobsSettings.model_construct()
        self.clock = Clock(now)
        self._missed = Missed()
        self._stage = Stage(self.clock, patience)
        caller = Caller(user=owner[1], org=owner[0], scopes=SCOPES)
        self._world = World(settings, Registry(kinds), self.clock, caller, self._begin)
        self.storage = MemoryStorage(self.clock, settings.upload_ttl)
        surroundings = Surroundings(
            providers_with(providers or {}, self._missed),
            self.storage,
            db or no_database(self._missed),
        )
        self._engine = Engine(self._world, self._stage, surroundings)
        for ident, data in (uploads or {}).items():
            self.storage.put(owner, data, ident=ident)

    @property
    def jobs(self) -> Sequence[Job]:
        """Return all jobs, children among them, in the order they were accepted."""
        return [Job(self._world, ident) for ident in self._world.record.rows]

    @property
    def events(self) -> Sequence[Event]:
        """Return the durable events of all jobs, as the owner's channel tells them."""
        return self._world.record.events

    def submit(
        self,
        kind: Kind | str,
        args: BaseModel | Mapping[str, Any] | None = None,
        *,
        delay: timedelta | None = None,
        run_at: datetime | None = None,
        after: Sequence[Job] = (),
        after_policy: Literal["fail", "cancel", "run"] = "fail",
        options: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Job:
        """Accept a job; it first moves when the bench runs. ``fields`` are its args by name.

        ``options`` are other fields of ``jobs.acceptance.Submission``. Raises UnknownKind,
        InvalidArgs, TooLarge, UnknownJob.
        """
        self._stage.check()
        wanted = Submission(
            kind=kind.name if isinstance(kind, Kind) else kind,
            args=plain(fields if args is None else args),
            run_at=run_at,
            delay_seconds=None if delay is None else delay.total_seconds(),
            after=[job.id for job in after],
            after_policy=after_policy,
            **(options or {}),
        )
        new = self._world.build(wanted)
        self._world.accept(new, wanted.after)
        return Job(self._world, new.id)

    def upload(self, data: bytes | Path, *, name: str = "", media_type: str = "") -> UUID:
        """Keep an upload of the owner and return its id, for ``upload_id`` in args."""
        owner = self._world.owner.org, self._world.owner.user
        return self.storage.put(owner, data, name=name, media_type=media_type).id

    async def run(self) -> None:
        """Let everything happen that can: retries, delays, time-outs, children.

        A job that waits for an answer nobody gave keeps waiting. Raises NotOnTheBench when a processor
        needed something the test did not bring.
        """
        await self._turn()

    async def advance(self, time: timedelta | float) -> None:
        """Let ``time`` (seconds) pass, with everything that happens in it."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        await self._turn(horizon=self.clock.seconds + seconds)

    async def until(self, wanted: Callable[[], bool]) -> None:
        """Let things happen until ``wanted`` is true. Raises Stuck when it does not come true."""
        await self._turn(wanted=wanted)
        if not wanted():
            raise Stuck(f"Nothing more can happen. The jobs: {list(self.jobs)}")

    def answer(self, job: Job, data: BaseModel | Mapping[str, Any]) -> None:
        """Hand input to a job that waits for it; before it asks, keep it for then.

        Raises InvalidArgs when it does not fit what the job asked for.
        """
        self._stage.check()
        self._world.answer(job.id, data)

    def cancel(self, job: Job) -> None:
        """Stop a job and its descendants."""
        self._stage.check()
        self._engine.cancel(job.id)

    def release(self, job: Job) -> None:
        """Deploy under a running job: its attempt ends, and it runs again. Raises WrongState."""
        self._stage.check()
        self._engine.release(job.id)

    def crash(self, job: Job) -> None:
        """Lose the worker of a running job, which is rescued at once. Raises WrongState."""
        self._stage.check()
        self._engine.crash(job.id)

    def retry(self, job: Job) -> None:
        """Queue a failed or cancelled job again, its attempts left afresh. Raises WrongState."""
        self._stage.check()
        self._engine.retry(job.id)

    async def close(self) -> None:
        """End what is unfinished without an outcome."""
        self._engine.fence()
        await self._stage.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _begin(self, job_id: UUID) -> None:
        self._engine.begin(job_id)

    async def _turn(
        self, horizon: float = math.inf, wanted: Callable[[], bool] | None = None
    ) -> None:
        await self._stage.turn(horizon, wanted)
        if self._missed:
            raise self._missed.pop(0)


def plain(args: BaseModel | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return args as the JSON that a caller would send."""
    if isinstance(args, BaseModel):
        return args.model_dump(mode="json", exclude_unset=True)
    return args
