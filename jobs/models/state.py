"""Where a job can be in its life. Plain, so that whoever runs jobs need not load the tables."""

from enum import StrEnum


class State(StrEnum):
    """Where a job is in its life. The last four are final until somebody retries it."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Return whether nothing more happens by itself."""
        return self in FINAL


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.EXPIRED})
FINALS = tuple(state.value for state in State if state in FINAL)
UNFINISHED = tuple(state.value for state in State if state not in FINAL)
