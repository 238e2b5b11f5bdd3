"""All that one bench knows, and how things come into it: jobs, and answers to jobs that wait for them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from jobs.errors import InvalidArgs, TooLarge
from jobs.ids import uuid7
from jobs.processor import Registry, pointers
from jobs.queue import Submission
from jobs.settings import JobsSettings
from jobs.storable import refuse_unstorable
from jobs.store import NewJob
from jobs.testing.bell import Bell
from jobs.testing.clock import Clock
from jobs.testing.kept import Kept, Question
from jobs.testing.record import Record, through_json
from jobs.testing.said import Voice
from realtime.caller import Caller

MOST_JOBS = 10_000


class World:
    """The state of a bench. ``born`` is called with the id of each new job, once it is recorded."""

    def __init__(
        self,
        settings: JobsSettings,
        registry: Registry,
        clock: Clock,
        owner: Caller,
        born: Callable[[UUID], None],
    ) -> None:
        self.settings = settings
        self.registry = registry
        self.clock = clock
        self.owner = owner
        self.bell = Bell()
        self.record = Record(clock, settings.max_event_bytes, self.bell.ring)
        self.voice = Voice()
        self.kept: dict[UUID, Kept] = {}
        self._born = born

    def build(self, wanted: Submission) -> NewJob:
        """Check what is asked for. Raises UnknownKind, InvalidArgs, TooLarge."""
        kind = self.registry[wanted.kind]
        args = kind.parse(plain(wanted.args)).model_dump(mode="json", exclude_unset=True)
        if len(orjson.dumps(args)) > self.settings.max_args_bytes:
            raise TooLarge(f"Args may be at most {self.settings.max_args_bytes} bytes of JSON.")
        refuse_unstorable(args, "/args")
        return NewJob(
            id=uuid7(),
            org_id=self.owner.org,
            user_id=self.owner.user,
            kind=kind.name,
            args=args,
            max_attempts=wanted.max_attempts or kind.max_attempts,
            timeout_seconds=wanted.timeout_seconds or kind.timeout.total_seconds(),
            priority=wanted.priority,
            run_at=wanted.run_at,
            delay_seconds=wanted.delay_seconds,
            tags=wanted.tags,
            metadata=dict(wanted.metadata),
        )

    def accept(self, new: NewJob, kept: Kept | None = None, parent: UUID | None = None) -> None:
        """Take a job in and let it live. Raises RuntimeError past MOST_JOBS: jobs that make jobs."""
        if len(self.kept) >= MOST_JOBS:
            raise RuntimeError(f"A bench holds {MOST_JOBS} jobs; do they enqueue each other?")
        self.kept[new.id] = kept or Kept()
        self.record.accept(new, waits=bool(self.kept[new.id].after), parent=parent)
        self._born(new.id)

    def ask(self, job_id: UUID, question: Question | None) -> None:
        """Note what a job waits for (None: no longer), and give it the answer if that is there."""
        kept = self.kept[job_id]
        kept.awaiting = question
        self.record.note(job_id, "job.input_requested")
        if question is not None and kept.ready:
            self.answer(job_id, kept.ready.popleft())

    def answer(self, job_id: UUID, data: Any) -> None:
        """Hand input to a job, or keep it until the job asks. Raises InvalidArgs when it does not fit."""
        kept = self.kept[job_id]
        if kept.awaiting is None:
            kept.ready.append(data)
            return
        try:
            checked = kept.awaiting.model.model_validate(plain(data))
        except ValidationError as error:
            raise InvalidArgs(pointers(error)) from error
        kept.answers[kept.awaiting.number] = through_json(checked.model_dump(mode="json"))
        kept.awaiting = None
        self.record.note(job_id, "job.input_received", by=self.owner.user)

    def resolved(self, job_id: UUID) -> str | None:
        """Return what becomes of a job that waits for others; None while that is open."""
        kept, rows = self.kept[job_id], self.record.rows
        before = [rows[ident] for ident in kept.after]
        if kept.after_policy != "run" and any(r.final and r.state != "succeeded" for r in before):
            return "cancelled" if kept.after_policy == "cancel" else "failed"
        if not all(row.final for row in before):
            return None
        return "scheduled" if rows[job_id].run_at > self.clock.now else "queued"


def plain(args: BaseModel | Mapping[str, Any] | None) -> Any:
    """Return args as the JSON a caller would send."""
    if isinstance(args, BaseModel):
        return args.model_dump(mode="json", exclude_unset=True)
    return {} if args is None else args
