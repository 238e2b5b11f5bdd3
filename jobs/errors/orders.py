"""Why a job, an order about one, or an answer to one is not taken."""

from uuid import UUID

from jobs.errors.root import JobError


class UnknownKind(JobError):
    """There is no such kind of job."""

    code = "unknown_kind"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no kind of job named {kind!r}.")
        self.kind = kind


class InvalidArgs(JobError):
    """The args do not fit the kind's schema. ``errors`` holds pointer and detail pairs."""

    code = "invalid_args"

    def __init__(self, errors: list[dict[str, str]], message: str = "") -> None:
        super().__init__(message or "The args do not fit the schema of this kind.")
        self.errors = errors


class InvalidInput(JobError):
    """The input does not fit what the job asked for. ``errors`` holds pointer and detail pairs."""

    code = "invalid_input"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("The input does not fit what the job asked for.")
        self.errors = errors


class TooLarge(JobError):
    """The body is larger than allowed."""

    code = "too_large"


class TooMany(JobError):
    """That is more than is allowed.

    ``after_seconds`` says when to come again; ``quota`` is the rate's name, count and period (seconds).
    """

    code = "too_many"

    def __init__(
        self,
        message: str,
        after_seconds: float = 10.0,
        code: str = "too_many",
        quota: tuple[str, int, float] | None = None,
    ) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.code = code
        self.quota = quota


class UnknownJob(JobError):
    """A job that this one is to run after does not exist."""

    code = "unknown_job"

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"There is no job {job_id} to run after.")


class IdempotencyMismatch(JobError):
    """This Idempotency-Key was used before, with another body."""

    code = "idempotency_mismatch"


class KeyInUse(JobError):
    """The first request with this Idempotency-Key is still being worked on."""

    code = "idempotency_in_progress"


class WrongState(JobError):
    """The job is in a state that does not allow this."""

    code = "wrong_state"

    def __init__(self, state: str, action: str) -> None:
        super().__init__(f"A {state} job cannot be {action}.")
        self.state = state
