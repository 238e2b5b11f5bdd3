"""Queues and figures for operators and dashboards."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby

from pydantic import Field

from jobs import store
from jobs.arq_queue import ArqQueue
from jobs.audit import Deed, recorded
from jobs.db import Database
from jobs.errors import NotFound
from jobs.paused import Paused
from jobs.processor import Registry
from jobs.resource import Resource
from jobs.settings import JobsSettings
from jobs.signals import Picture, Signals
from jobs.store import Owner
from jobs.store.queues import QueueCounts
from realtime.caller import Caller

AT_ONCE = 1_000


class QueueShare(Resource):
    """What waits and runs of one kind and org."""

    org: str
    kind: str
    queued: int
    held: int
    running: int
    oldest_seconds: float


class QueueResource(Resource):
    """One queue. ``held`` are those of ``queued`` that a limit keeps back."""

    name: str
    queued: int
    held: int
    running: int
    oldest_seconds: float
    lag_seconds: float = Field(description="How long the oldest job that may start has waited")
    estimated: bool = Field(
        False, description="More wait than are counted: the shares hold the first of them"
    )
    paused_at: datetime | None = None
    paused_by: str | None = None
    shares: list[QueueShare]


class SignalsResource(Resource):
    """What an autoscaler goes by, over all queues. Read at most every two seconds."""

    workers: int = Field(description="Live workers")
    wanted_workers: int = Field(
        description="Workers that would work off what is ready within BACKLOG_SECONDS; at least 1"
    )
    slots: int = Field(description="Attempts that the live workers can run at once")
    busy: int = Field(description="Slots that are taken")
    utilisation: float = Field(description="Share of the slots that is taken, 0 to 1")
    ready: int = Field(description="Jobs that could start now: neither held nor in a paused queue")
    lag_seconds: float = Field(description="How long the oldest of them has waited")
    drain_seconds: float | None = Field(
        description="How long the live workers need for them; null while nobody can know"
    )
    ended_per_second: float = Field(description="Attempts that end, per second")


class QueuesResource(Resource):
    """All queues, how many jobs per second the workers could do, and for operators the signals."""

    data: list[QueueResource]
    jobs_per_second: float | None
    signals: SignalsResource | None = None


class KindState(Resource):
    """How many jobs of a kind are in a state, and how long the last attempts took."""

    kind: str
    state: str
    jobs: int
    average_seconds: float | None
    p95_seconds: float | None


class Throughput(Resource):
    """How many jobs finished in the five minutes from ``time`` on."""

    time: datetime
    succeeded: int
    others: int


class StatsResource(Resource):
    """Figures of the jobs created in the last day."""

    kinds: list[KindState]
    throughput: list[Throughput]


class Queues:
    """Reads figures; pauses and resumes."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        registry: Registry,
        line: ArqQueue,
        paused: Paused,
        signals: Signals,
    ) -> None:
        self._most = settings.counted_jobs
        self._db = db
        self._signals = signals
        self._line = line
        self._paused = paused
        self._names = {kind.queue for kind in registry.values()} | {"default"}

    async def list(self, caller: Caller) -> QueuesResource:
        """Return every queue, busy or not, with the shares of the caller's org (operators: of all)."""
        everywhere = caller.may("admin")
        queues = await self._queues(None if everywhere else caller.org)
        if not everywhere:  # who paused one is of another org
            queues = [q.model_copy(update={"paused_by": None}) for q in queues]
            return QueuesResource(
                data=queues, jobs_per_second=await store.jobs_per_second(self._db)
            )
        picture = await self._signals.read()
        return QueuesResource(
            data=[with_estimate(q, picture) for q in queues],
            jobs_per_second=picture.jobs_per_second,
            signals=signals_of(picture),
        )

    async def _queues(self, org: str | None) -> Sequence[QueueResource]:
        counts, paused = await store.queue_counts(self._db, org, self._most)
        by_name = {name: list(group) for name, group in groupby(by_queue(counts), queue_of)}
        names = sorted(self._names | by_name.keys() | paused.keys())
        return [queue(name, by_name.get(name, []), paused.get(name)) for name in names]

    async def pause(self, caller: Caller, name: str) -> QueueResource:
        """Let no job of the queue start from now on; those that run go on. Raises NotFound."""
        await recorded(
            self._db,
            caller,
            lambda tx: store.pause_queue(tx, self._known(name), caller.user),
            lambda _: Deed("queue.pause", f"queue:{name}", org=None),
        )
        self._paused.forget()
        return await self._one(caller, name)

    async def resume(self, caller: Caller, name: str) -> QueueResource:
        """Let the queue's jobs start again, the first of them at once. Raises NotFound."""
        await recorded(
            self._db,
            caller,
            lambda tx: store.resume_queue(tx, self._known(name)),
            lambda _: Deed("queue.resume", f"queue:{name}", org=None),
        )
        self._paused.forget()
        await self._line.add(await store.first_of_queue(self._db, name, AT_ONCE))
        return await self._one(caller, name)

    async def stats(self, caller: Caller) -> StatsResource:
        """Return figures of what the caller may see."""
        owner = Owner.reading(caller)
        kinds = await store.kind_counts(self._db, owner)
        finished = await store.throughput(self._db, owner)
        return StatsResource(
            kinds=[KindState(**asdict(k)) for k in kinds],
            throughput=[Throughput(**asdict(f)) for f in finished],
        )

    def _known(self, name: str) -> str:
        if name not in self._names:
            raise NotFound
        return name

    async def _one(self, caller: Caller, name: str) -> QueueResource:
        return next(q for q in (await self.list(caller)).data if q.name == name)


def queue_of(counts: QueueCounts) -> str:
    """Return the queue's name."""
    return counts.queue


def by_queue(counts: Iterable[QueueCounts]) -> Sequence[QueueCounts]:
    """Return counts sorted by their queue."""
    return sorted(counts, key=queue_of)


def queue(
    name: str, counts: Sequence[QueueCounts], paused: tuple[datetime, str | None] | None
) -> QueueResource:
    """Return one queue from its shares."""
    at, by = paused or (None, None)
    shares = [
        QueueShare(**{k: v for k, v in asdict(c).items() if k in QueueShare.model_fields})
        for c in counts
    ]
    return QueueResource(
        name=name,
        queued=sum(c.queued for c in counts),
        held=sum(c.held for c in counts),
        running=sum(c.running for c in counts),
        oldest_seconds=max((c.oldest_seconds for c in counts), default=0.0),
        lag_seconds=max((c.lag_seconds for c in counts), default=0.0),
        paused_at=at,
        paused_by=by,
        shares=shares,
    )


def with_estimate(found: QueueResource, picture: Picture) -> QueueResource:
    """Return the queue with what is estimated of it, where more waits than is counted."""
    mine = [s for s in picture.standings if s.queue == found.name and s.estimated]
    by_state = {s.state: s.jobs for s in mine if s.state in {"queued", "held"}}
    if not by_state:
        return found
    held = by_state.get("held", found.held)
    ready = by_state.get("queued", found.queued - found.held)
    lags = [found.lag_seconds, *(s.oldest_seconds or 0.0 for s in mine if s.state == "queued")]
    told = {"held": held, "queued": ready + held, "lag_seconds": max(lags), "estimated": True}
    return found.model_copy(update=told)


def signals_of(picture: Picture) -> SignalsResource:
    """Return the picture as operators see it."""
    shown = {name: getattr(picture, name) for name in SignalsResource.model_fields}
    return SignalsResource(**{**shown, "workers": len(picture.workers)})
