"""What the audit log knows to have been done: every action by its name, with what it says to people."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Action = Literal[
    "job.cancel",
    "job.retry",
    "job.answer",
    "batch.cancel",
    "batch.retry",
    "bulk.cancel",
    "bulk.retry",
    "bulk.delete",
    "queue.pause",
    "queue.resume",
    "schedule.create",
    "schedule.change",
    "schedule.pause",
    "schedule.resume",
    "schedule.delete",
    "schedule.run",
    "key.create",
    "key.revoke",
    "webhook.create",
    "webhook.change",
    "webhook.enable",
    "webhook.disable",
    "webhook.rotate",
    "webhook.delete",
    "webhook.test",
    "webhook.replay",
    "connection.create",
    "connection.change",
    "connection.delete",
    "session.open",
    "session.close",
    "session.close_all",
    "session.refuse",
    "secrets.reseal",
]
NAMES: Final[tuple[Action, ...]] = get_args(Action)

DESCRIPTIONS: Final[Mapping[Action, str]] = {
    "job.cancel": "A job was asked to stop, or stopped before it began",
    "job.retry": "A finished job was queued again",
    "job.answer": "A waiting job was given its input; not what the input was",
    "batch.cancel": "All unfinished jobs of a batch were asked to stop",
    "batch.retry": "The failed and expired jobs of a batch were queued again",
    "bulk.cancel": "Every job that matched was to be stopped",
    "bulk.retry": "Every job that matched was to be queued again",
    "bulk.delete": "Every finished job that matched was to be deleted",
    "queue.pause": "No job of a queue could start from then on",
    "queue.resume": "A queue's jobs could start again",
    "schedule.create": "A schedule was made",
    "schedule.change": "A schedule was changed; `detail.changed` names what",
    "schedule.pause": "A schedule was paused",
    "schedule.resume": "A paused schedule went on",
    "schedule.delete": "A schedule was removed",
    "schedule.run": "A schedule's job was submitted by hand",
    "key.create": "An API key was made; its hint and scopes, never its text",
    "key.revoke": "An API key was revoked, with the sessions opened by it",
    "webhook.create": "A webhook was made",
    "webhook.change": "A webhook was changed; `detail.changed` names what",
    "webhook.enable": "A disabled webhook was enabled",
    "webhook.disable": "A webhook was disabled by hand",
    "webhook.rotate": "A webhook was given a new secret",
    "webhook.delete": "A webhook was deleted with its deliveries",
    "webhook.test": "A test event was sent to a webhook",
    "webhook.replay": "Deliveries were sent again",
    "connection.create": "A connection was made; its provider, never its credentials",
    "connection.change": "A connection was changed, revoked or given new credentials",
    "connection.delete": "A connection was deleted with its credentials",
    "session.open": "A browser was signed in",
    "session.close": "A browser was signed out",
    "session.close_all": "Every browser of a user was signed out",
    "session.refuse": "A token was not taken for signing in; at most 5 a minute of an address, 60 in all",
    "secrets.reseal": "Stored credentials were sealed anew by `jobcast reseal`",
}


def actions_of(wanted: str) -> tuple[Action, ...]:
    """Return the action of this name, or all of a family: ``queue`` is pausing and resuming one."""
    return tuple(name for name in NAMES if wanted in {name, name.partition(".")[0]})
