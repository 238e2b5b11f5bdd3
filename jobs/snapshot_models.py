"""The shapes of snapshots: the whole of a user's, an org's, a job's or a batch's channel."""

from pydantic import Field
from typing_extensions import TypeAliasType

from jobs.batches import BatchResource
from jobs.event_models import LogLine
from jobs.resource import JobResource, Progress
from realtime.wire import OutputSoFar, Whole, Wire


class OrgState(Wire):
    """Every unfinished job and those that ended in the last 24 hours, newest change first."""

    jobs: list[JobResource]
    truncated: bool = Field(description="There are more than 500; page through GET /api/jobs")


class UserState(OrgState):
    """The jobs, as of an org, and the inbox."""

    unread: int = Field(ge=0, description="Unread entries of the inbox")


class JobState(Wire):
    """A job."""

    job: JobResource


class BatchState(Wire):
    """A batch."""

    batch: BatchResource


class JobEphemeral(Wire):
    """The newest of what passes by: `progress`, all kept `output`, the last 50 lines of the log."""

    progress: Progress | None
    output: OutputSoFar | None
    logs: list[LogLine]


class UserSnapshot(Whole[UserState]):
    """A user's jobs and inbox."""


class OrgSnapshot(Whole[OrgState]):
    """The jobs of all users of an org."""


class JobSnapshot(Whole[JobState]):
    """A job and what its running attempt has said so far."""

    ephemeral: JobEphemeral


class LastWords(Wire):
    """What a job said before its end, which comes as an event: a snapshot without `state`."""

    channel: str
    epoch: str
    offset: int = Field(ge=0, description="The place you had")
    ephemeral: JobEphemeral


class BatchSnapshot(Whole[BatchState]):
    """A batch and its counters."""


AnySnapshot = TypeAliasType(
    "AnySnapshot", UserSnapshot | OrgSnapshot | JobSnapshot | LastWords | BatchSnapshot
)
