"""Which side of an event counts: the changed one, of two the one changed last. Own changes are no news.

A change of ours comes back to us, and must not look like one of somebody else's. It is known again by its
etag, if the answer to the push was heard; else by its mark, which names what was pushed, within five
minutes of the push: later, somebody may have gone back to it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Literal

from jobs.agenda.sides import LocalEvent, Pending, RemoteEvent

OWN_FOR = timedelta(minutes=5)


class Action(Enum):
    """What is done with the event here."""

    SKIP = "skip"
    """Nothing: both sides know all of it."""
    TAKE = "take"
    """It says what the other side says; nothing is pending."""
    DROP = "drop"
    """It goes."""
    KEEP = "keep"
    """It stays as it is, and is pushed over what is there now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What merging came to. ``changed`` says whether its user sees a difference here.

    ``winner`` is set when both had changed it.
    """

    action: Action
    changed: bool = False
    pending: Pending = ""
    winner: Literal["local", "remote"] | None = None


SKIP = Outcome(Action.SKIP)


def merge(local: LocalEvent | None, remote: RemoteEvent) -> Outcome:
    """Return what becomes of an event when the provider says ``remote``."""
    if local is None:
        return SKIP if remote.gone else Outcome(Action.TAKE, changed=True)
    if local.etag and local.etag == remote.etag and not remote.gone:
        return SKIP
    if not local.pending:
        changed = remote.gone or local.content.digest != remote.digest
        return Outcome(over(remote), changed=changed)
    if agree(local, remote):
        return Outcome(over(remote))
    if not remote.gone and (remote.digest == local.agreed or own(local, remote)):
        return Outcome(Action.KEEP, pending=still_pending(local, remote))
    return decided(local, remote)


def pushed(local: LocalEvent | None, told: LocalEvent, remote: RemoteEvent) -> Outcome:
    """Return what becomes of an event after a push: ``told`` is what was pushed, ``remote`` the answer.

    What its user changed while the push was under way is still to be told.
    """
    if local is None:
        return SKIP
    if remote.gone or local.version == told.version:
        return Outcome(over(remote))
    return Outcome(Action.KEEP, pending=still_pending(local, remote))


def agree(local: LocalEvent, remote: RemoteEvent) -> bool:
    """Say whether both want the same, whoever wanted it first."""
    if local.pending == "delete" or remote.gone:
        return local.pending == "delete" and remote.gone
    return local.content.digest == remote.digest


def own(local: LocalEvent, remote: RemoteEvent) -> bool:
    """Say whether the provider tells us our own push, to which we never heard the answer."""
    if remote.content is None or local.pushed_at is None or remote.updated_at is None:
        return False
    close = abs(remote.updated_at - local.pushed_at) <= OWN_FOR
    return close and remote.mark == remote.content.mark(local.id)


def decided(local: LocalEvent, remote: RemoteEvent) -> Outcome:
    """Let the last writer win; the provider, when both wrote at once or it does not say when."""
    changed, updated = local.changed_at, remote.updated_at
    if changed is not None and updated is not None and changed > updated:
        return Outcome(Action.KEEP, pending=still_pending(local, remote), winner="local")
    return Outcome(over(remote), changed=True, winner="remote")


def over(remote: RemoteEvent) -> Action:
    """Return what lets the provider's side count."""
    return Action.DROP if remote.gone else Action.TAKE


def still_pending(local: LocalEvent, remote: RemoteEvent) -> Pending:
    """Return what is to be pushed over ``remote``."""
    if local.pending == "delete":
        return "delete"
    return "restore" if remote.gone else "change"
