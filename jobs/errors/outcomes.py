"""How an attempt can end other than well: what processors raise, their providers and their children."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from jobs.errors.root import JobError


class Retry(JobError):
    """Run the job again after a while; counts as one of its attempts."""

    code = "retry"

    def __init__(self, after: timedelta | float | None = None, reason: str = "") -> None:
        super().__init__(reason or "The processor asked for another attempt.")
        self.after = after if isinstance(after, timedelta) or after is None else timedelta(0, after)


class Held(JobError):
    """Run the job again when it may go on. That spends none of its attempts."""

    code = "held"

    def __init__(self, after: timedelta, reason: str = "") -> None:
        super().__init__(reason)
        self.after_seconds = after.total_seconds()


class Discard(JobError):
    """Fail the job for good, whatever attempts are left.

    ``told`` says that the processor has told the owner of it by ``context.notify``: once is enough.
    """

    code = "discarded"

    def __init__(self, reason: str, code: str = "discarded", *, told: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.told = told


class ProviderError(JobError):
    """An outside service failed; worth another attempt unless it says otherwise."""

    code = "provider_error"

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class NotTaken(ProviderError):
    """An outside service was too busy to take a call: nothing came of it."""


class Garbage(ProviderError):
    """An outside service answered with something that makes no sense."""

    code = "garbage"


class Refused(Discard):
    """An outside service refused a call for good.

    ``status`` is its HTTP status, ``data`` its answer if that was JSON; only the message is kept.
    """

    def __init__(self, reason: str, status: int, data: Any = None, code: str = "refused") -> None:
        super().__init__(reason, code)
        self.status = status
        self.data = data


class Bounced(Discard):
    """A mail server refused a mail for good. ``answer`` is what it said, beginning with its code."""

    def __init__(self, reason: str, answer: str, code: str = "bounced") -> None:
        super().__init__(reason, code)
        self.answer = answer


class UnknownEnd(Discard):
    """Something went out, or did not, and nobody can tell. It is not tried again: it must not go twice."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="unknown_end")


class NotConfigured(Discard):
    """The kind needs a setting that is missing."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"Set {variable} to use this kind of job.", code="not_configured")


class ChildFailed(Discard):
    """A child job did not succeed. ``child_id`` names it, ``state`` is how it ended."""

    def __init__(self, child_id: UUID, kind: str, state: str, error: Mapping[str, str] | None):
        told = f": {error['message']}" if error else "."
        super().__init__(
            f"The {kind} job {child_id} {WORDS.get(state, state)}{told}", "child_failed"
        )
        self.child_id = child_id
        self.state = state
        self.error = error


WORDS = {"cancelled": "was cancelled", "expired": "expired"}


class InputTimeout(Discard):
    """Nobody handed in the input that the job waited for."""

    def __init__(self) -> None:
        super().__init__("Nobody handed in the input that the job waited for.", "input_timeout")
