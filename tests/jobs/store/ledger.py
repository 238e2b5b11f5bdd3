"""The record as it ought to be: jobs, and what a change of theirs is followed by in its transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any
from uuid import UUID

from jobs.models.state import FINAL, State

User = tuple[str, str]


@dataclass(slots=True)
class ModelJob:
    """A job. ``future`` and ``late`` say where its run_at and expires_at lie; time passes by hand."""

    id: UUID
    owner: User
    kind: str
    state: str
    notify: bool = False
    hears: UUID | None = None
    batch: UUID | None = None
    parent: UUID | None = None
    unique: str | None = None
    key: str | None = None
    policy: str | None = None
    future: bool = False
    expires: bool = False
    late: bool = False
    attempt: int = 0
    worker: UUID | None = None
    failures: int = 0
    crashes: int = 0
    version: int = 1
    number: int = 0
    score: float = 0.0
    followed: bool = False
    stop: bool = False
    held: str | None = None
    turn: str | None = None
    awaiting: int | None = None
    slots: list[str] = field(default_factory=list)

    @property
    def final(self) -> bool:
        return self.state in FINAL

    def picture(self) -> tuple[Any, ...]:
        """Return what the row has to show."""
        return (
            self.state, self.attempt, self.worker, self.failures, self.crashes, self.held,
            self.slots, self.followed, self.stop, self.version, self.number, self.awaiting,
        )  # fmt: skip


@dataclass(slots=True)
class ModelBatch:
    """A batch; its counters are counted."""

    owner: User
    open: bool
    number: int
    round: int = 1
    version: int = 1
    completed: bool = False


@dataclass(slots=True)
class Entry:
    """An inbox entry."""

    owner: User
    name: str
    number: int
    read: bool = False


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook, as far as it matters who hears what."""

    id: UUID
    owner: User
    events: frozenset[str] = frozenset()
    for_job: bool = False
    whole_org: bool = False
    disabled: bool = False

    def hears(self, owner: User, names: Iterable[str]) -> bool:
        """Return whether it is told of one of ``names``, happening to ``owner``."""
        near = self.owner == owner or (self.whole_org and self.owner[0] == owner[0])
        return near and not self.disabled and not self.for_job and bool(self.events & set(names))


Change = tuple[ModelJob, str, str]


class Ledger:
    """All of it. A change takes its numbers in the order of the jobs' ids, its inbox entry the next."""

    def __init__(self, hooks: Sequence[Hook]) -> None:
        self.hooks = hooks
        self.jobs: dict[UUID, ModelJob] = {}
        self.buried: list[ModelJob] = []
        self.batches: dict[UUID, ModelBatch] = {}
        self.inbox: dict[UUID, Entry] = {}
        self.seqs: Counter[User] = Counter()
        self.used: Counter[str] = Counter()
        self.deliveries: Counter[tuple[Any, ...]] = Counter()

    def next_number(self, owner: User) -> int:
        """Take a number."""
        self.seqs[owner] += 1
        return self.seqs[owner]

    def add(self, jobs: Sequence[ModelJob]) -> None:
        """Take new jobs in."""
        for job in sorted(jobs, key=lambda job: job.id):
            self.jobs[job.id] = job
            job.number = self.next_number(job.owner)
            self.follow_up(job, f"job.{job.state}", was_final=True)

    def change(self, changes: Sequence[Change]) -> set[UUID]:
        """Change jobs: (job, what it becomes, the event's type). Return whose."""
        for job, becomes, kind in sorted(changes, key=lambda change: change[0].id):
            was_final, job.state = job.final, becomes
            job.version += 1
            job.number = self.next_number(job.owner)
            if job.notify and job.final:
                self.note(job, kind)
            self.follow_up(job, kind, was_final=was_final)
        return {job.id for job, _, _ in changes}

    def note(self, job: ModelJob, kind: str) -> None:
        """Make the inbox entry of an ending."""
        digest = md5(f"{job.id}.{job.version}".encode(), usedforsecurity=False).hexdigest()
        self.inbox[UUID(digest)] = Entry(job.owner, kind, self.next_number(job.owner))

    def follow_up(self, job: ModelJob, kind: str, *, was_final: bool) -> None:
        """Tell the webhooks; open a completed batch again that gets work."""
        for hook in self.hooks:
            named = hook.id == job.hears and hook.owner[0] == job.owner[0]
            mine = hook.for_job and not hook.disabled and named and job.final
            if mine or hook.hears(job.owner, (kind, "job.*")):
                self.deliveries[hook.id, kind, job.id, job.version, job.number] += 1
        if job.batch and was_final and not job.final and self.batches[job.batch].completed:
            batch = self.batches[job.batch]
            batch.completed, batch.round = False, batch.round + 1

    def members(self, batch: UUID) -> Counter[str]:
        """Count a batch's jobs by state, those that were deleted as they were."""
        everyone = [*self.jobs.values(), *self.buried]
        return Counter(job.state for job in everyone if job.batch == batch)

    def give_back(self, job: ModelJob) -> None:
        """Free a job's slots."""
        self.used.subtract(job.slots)
        job.slots = []

    def picture(self) -> dict[str, Any]:
        """Return what the whole record has to show."""
        return {
            "jobs": {job.id: job.picture() for job in self.jobs.values()},
            "sequences": dict(self.seqs),
            "limits": {key: used for key, used in self.used.items() if used},
            "batches": {ident: self.batch_picture(ident) for ident in self.batches},
            "inbox": {i: (e.owner, e.name, e.number, e.read) for i, e in self.inbox.items()},
            "deliveries": dict(self.deliveries),
        }

    def batch_picture(self, ident: UUID) -> tuple[Any, ...]:
        """Return what a batch's row has to show."""
        batch, counts = self.batches[ident], self.members(ident)
        states = [counts[state] for state in State]
        about = batch.open, batch.round, batch.completed, batch.version, batch.number
        return (sum(states), *states, *about)
