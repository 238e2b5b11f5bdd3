"""One job of a bench, as a test looks at it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jobs.models.state import State
from jobs.records import attempts
from jobs.resource import Attempt, Awaiting, JobFailure
from jobs.store import JobRow
from jobs.testing.record import Event
from jobs.testing.said import Line, Notification, Progress
from jobs.testing.world import World


class Job:
    """A live view: everything is read when it is asked for, so it is always up to date."""

    def __init__(self, world: World, ident: UUID) -> None:
        self._world = world
        self.id = ident

    @property
    def row(self) -> JobRow:
        """Return the job's row, as the record has it: state, counters, times, history."""
        return self._world.record.rows[self.id]

    @property
    def kind(self) -> str:
        """Return the kind's name."""
        return self.row.kind

    @property
    def state(self) -> State:
        """Return the state."""
        return State(self.row.state)

    @property
    def args(self) -> Any:
        """Return the args as their model."""
        return self._world.registry[self.kind].parse(self.row.args)

    @property
    def result(self) -> Any:
        """Return the result as the kind's type, read back from its JSON; None until it succeeded."""
        if self.row.state != "succeeded":
            return None
        return self._world.registry[self.kind].result_adapter.validate_python(self.row.result)

    @property
    def error(self) -> JobFailure | None:
        """Return the last error's code and message."""
        return JobFailure(**self.row.error) if self.row.error else None

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Return every go at the job, with the word for how it ended."""
        return attempts(self.row)

    @property
    def failures(self) -> int:
        """Return how many attempts failed; deploys and crashes don't count."""
        return self.row.failures

    @property
    def events(self) -> Sequence[Event]:
        """Return the job's durable events, oldest first."""
        return [event for event in self._world.record.events if event.job_id == self.id]

    @property
    def progress(self) -> Sequence[Progress]:
        """Return every progress that was told, of all attempts."""
        return self._world.voice.of(self.id).progress

    @property
    def logs(self) -> Sequence[Line]:
        """Return the log lines of all attempts."""
        return self._world.voice.of(self.id).lines

    @property
    def output(self) -> str:
        """Return what the newest attempt streamed."""
        return self.outputs.get(self.row.attempt, "")

    @property
    def outputs(self) -> Mapping[int, str]:
        """Return what was streamed, by attempt."""
        return self._world.voice.of(self.id).outputs

    @property
    def notifications(self) -> Sequence[Notification]:
        """Return what the owner was told by ``context.notify``."""
        return self._world.voice.of(self.id).notifications

    @property
    def children(self) -> "Sequence[Job]":
        """Return the jobs that this one enqueued, in that order."""
        return [Job(self._world, child) for child in self._world.record.children(self.id)]

    @property
    def awaiting(self) -> Awaiting | None:
        """Return the request for input that the job waits with, if it does."""
        return Awaiting.model_validate(self.row.awaiting) if self.row.awaiting else None

    @property
    def checkpoint(self) -> Any:
        """Return what was saved last by ``context.checkpoint``."""
        return self._world.kept[self.id].checkpoint

    def __repr__(self) -> str:
        told = f": {self.error.code}, {self.error.message}" if self.error else ""
        return f"<{self.kind} job, {self.state.value}{told}>"
