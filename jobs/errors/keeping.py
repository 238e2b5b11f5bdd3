"""Why something that a user keeps here (a feed, a key, a project) cannot be kept, or changed, as asked."""

from jobs.errors.orders import InvalidArgs
from jobs.errors.root import JobError


class Full(JobError):
    """The user has as many of them as one may have."""

    what = "of them"

    def __init__(self, most: int) -> None:
        super().__init__(f"One user may have at most {most} {self.what}; delete one first.")


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


class TooManyContents(Full):
    """The user has as many contents as one may have."""

    code = "too_many_contents"
    what = "contents"


class TooManyProjects(Full):
    """The user has as many projects as one may have."""

    code = "too_many_projects"
    what = "projects"


class TooManyTasks(Full):
    """The user has as many tasks as one may have."""

    code = "too_many_tasks"
    what = "tasks"


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


class ConnectionsFull(Full):
    """The user has as many connections as one may have."""

    code = "connections_full"
    what = "connections"


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


class TooManyKeys(Full):
    """The user has as many API keys as one may have."""

    code = "too_many_keys"
    what = "API keys"


class InvalidSchedule(InvalidArgs):
    """The schedule cannot be kept: its times, its zone or its options make no sense."""

    code = "invalid_schedule"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(
            [{"pointer": pointer, "detail": detail}], f"The schedule cannot be kept: {detail}."
        )


class TooManySchedules(Full):
    """The user has as many schedules as one may have."""

    code = "too_many_schedules"
    what = "schedules"
