"""Everything that can go wrong with the work, one root; the docstring is the message."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID


class JobError(Exception):
    """Something went wrong with a job."""

    code = "job_error"

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").split("\n", maxsplit=1)[0]


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


class InvalidInput(JobError):
    """The input does not fit what the job asked for. ``errors`` holds pointer and detail pairs."""

    code = "invalid_input"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("The input does not fit what the job asked for.")
        self.errors = errors


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


class InvalidSchedule(InvalidArgs):
    """The schedule cannot be kept: its times, its zone or its options make no sense."""

    code = "invalid_schedule"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(
            [{"pointer": pointer, "detail": detail}], f"The schedule cannot be kept: {detail}."
        )


class TooManySchedules(JobError):
    """The user has as many schedules as one may have."""

    code = "too_many_schedules"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} schedules.")


class TooLarge(JobError):
    """The body is larger than allowed."""

    code = "too_large"


class NotFound(JobError):
    """There is no such thing, or it is not yours."""

    code = "not_found"


class WrongState(JobError):
    """The job is in a state that does not allow this."""

    code = "wrong_state"

    def __init__(self, state: str, action: str) -> None:
        super().__init__(f"A {state} job cannot be {action}.")
        self.state = state


class WrongStatus(JobError):
    """The content has a status that does not allow this."""

    code = "wrong_state"

    def __init__(self, status: str, action: str) -> None:
        article = "An" if status.startswith("a") else "A"
        super().__init__(f"{article} {status} content cannot be {action}.")


class VersionConflict(JobError):
    """Somebody changed it meanwhile. ``version`` is what it is at now."""

    code = "version_conflict"

    def __init__(self, version: int) -> None:
        super().__init__(f"It was changed meanwhile and is at version {version}: read it again.")
        self.version = version


class TooManyContents(JobError):
    """The user has as many contents as one may have."""

    code = "too_many_contents"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} contents; delete one first.")


class TooManyProjects(JobError):
    """The user has as many projects as one may have."""

    code = "too_many_projects"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} projects; delete one first.")


class TooManyTasks(JobError):
    """The user has as many tasks as one may have."""

    code = "too_many_tasks"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} tasks; delete one first.")


class AlreadyVerified(JobError):
    """That address is verified already."""

    code = "already_verified"


class NothingToConfirm(JobError):
    """No code can be confirmed now: ask for a new one."""

    code = "nothing_to_confirm"


class WrongCode(InvalidArgs):
    """The code is not the one that was sent."""

    code = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        detail = f"That is not the code; tries left: {tries_left}."
        super().__init__([{"pointer": "/code", "detail": detail}], detail)


class InvalidWebhook(JobError):
    """No webhook can be sent there."""

    code = "invalid_webhook"


class TooManyWebhooks(JobError):
    """You have as many webhooks as you may; delete one first."""

    code = "too_many_webhooks"


class WebhookDisabled(JobError):
    """The webhook is disabled; enable it first."""

    code = "webhook_disabled"


class InvalidConnection(InvalidArgs):
    """The connection cannot be kept as it is asked for."""

    code = "invalid_connection"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(
            [{"pointer": pointer, "detail": detail}], f"The connection cannot be kept: {detail}."
        )


class ConnectionsFull(JobError):
    """The user has as many connections as one may have."""

    code = "connections_full"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} connections; delete one first.")


class InvalidFeed(JobError):
    """No feed can be fetched from there."""

    code = "invalid_feed"


class FeedExists(JobError):
    """You follow a feed of this URL already."""

    code = "feed_exists"


class TooManyFeeds(JobError):
    """The user follows as many feeds as one may."""

    code = "too_many_feeds"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may follow at most {most} feeds; delete one first.")


class InvalidCalendar(InvalidArgs):
    """No calendar, or no event in it, can be kept as it is asked for."""

    code = "invalid_calendar"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(
            [{"pointer": pointer, "detail": detail}], f"That cannot be kept: {detail}."
        )


class CalendarReadOnly(JobError):
    """You may only read this calendar: Google lets others change it."""

    code = "read_only"


class CalendarFull(JobError):
    """The user has as many calendars, or the calendar as many events, as one may have."""

    code = "calendar_full"

    def __init__(self, most: int, what: str) -> None:
        super().__init__(f"There may be at most {most} {what}; delete one first.")


class ScopeNotHeld(JobError):
    """A key can do no more than its maker."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"A key with the scope {scope} needs a maker who holds it.")


class TooManyKeys(JobError):
    """The user has as many API keys as one may have."""

    code = "too_many_keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} API keys; revoke one first.")


class Unavailable(JobError):
    """The database cannot be reached right now."""

    code = "unavailable"
