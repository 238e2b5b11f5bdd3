"""All that one bench knows, and how things come into it: jobs, and answers to jobs that wait for them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from jobs.acceptance import PLAIN, Acceptance, Origin, Submission
from jobs.errors import InvalidArgs, UnknownJob
from jobs.limits import NO_LIMITS
from jobs.processor import Registry, pointers
from jobs.settings import JobsSettings
from jobs.store import NewJob
from jobs.testing.bell import Bell
from jobs.testing.clock import Clock
from jobs.testing.kept import Kept
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
        # Only its checks are used: it takes nothing in, so it needs no database and tells nobody.
        nothing: Any = None
        self._acceptance = Acceptance(settings, nothing, registry, NO_LIMITS, nothing)

    def build(self, wanted: Submission, origin: Origin = PLAIN) -> NewJob:
        """Check what is asked for, as production does. Raises UnknownKind, InvalidArgs, TooLarge."""
        return self._acceptance.build(self.owner, wanted, origin)

    def accept(self, new: NewJob, after: Sequence[UUID] = ()) -> None:
        """Take a job in and let it live. Raises UnknownJob for one that it cannot wait for.

        Raises RuntimeError past MOST_JOBS: then jobs make jobs without end.
        """
        if len(self.kept) >= MOST_JOBS:
            raise RuntimeError(f"A bench holds {MOST_JOBS} jobs; do they enqueue each other?")
        if missing := [before for before in after if before not in self.kept]:
            raise UnknownJob(missing[0])
        self.kept[new.id] = Kept(after, new.after_policy)
        self.record.accept(new)
        self._born(new.id)

    def ask(self, job_id: UUID, model: type[BaseModel], awaiting: Mapping[str, Any]) -> None:
        """Show what a job waits for, and give it the answer if that is there."""
        kept = self.kept[job_id]
        kept.asked = model
        self.record.note(job_id, "job.input_requested", awaiting=through_json(awaiting))
        if kept.ready:
            self.answer(job_id, kept.ready.popleft())

    def give_up(self, job_id: UUID) -> None:
        """Show that a job no longer waits for input."""
        self.kept[job_id].asked = None
        self.record.note(job_id, "job.input_expired", awaiting=None)

    def answer(self, job_id: UUID, data: Any) -> None:
        """Hand input to a job, or keep it until the job asks. Raises InvalidArgs when it does not fit."""
        kept, awaiting = self.kept[job_id], self.record.rows[job_id].awaiting
        if kept.asked is None or awaiting is None:
            kept.ready.append(data)
            return
        given = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
        try:
            kept.asked.model_validate(given)
        except ValidationError as error:
            raise InvalidArgs(pointers(error)) from error
        kept.answers[awaiting["number"]] = through_json(given)
        kept.asked = None
        by = {"by": self.owner.user}
        self.record.note(job_id, "job.input_received", by, awaiting=None)

    def resolved(self, job_id: UUID) -> str | None:
        """Return what becomes of a job that waits for others; None while that is open."""
        kept, rows = self.kept[job_id], self.record.rows
        before = [rows[ident] for ident in kept.after]
        if kept.after_policy != "run" and any(r.final and r.state != "succeeded" for r in before):
            return "cancelled" if kept.after_policy == "cancel" else "failed"
        if not all(row.final for row in before):
            return None
        return "scheduled" if rows[job_id].run_at > self.clock.now else "queued"
