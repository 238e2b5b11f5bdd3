"""Recording what people do, in the transaction of the change itself: both are kept, or neither."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jobs import store
from jobs.audit.actions import Action
from jobs.db import Database, Statements
from jobs.store import NewAudit
from jobs.trail import CURRENT, Trail
from realtime.caller import Caller

T = TypeVar("T")
OWN = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to what: ``subject`` is ``job:<id>``, ``queue:default`` and the like.

    ``detail`` holds names, numbers and choices, never a secret, an argument or a text somebody wrote for
    somebody else. ``org`` is whose thing it is, empty for the caller's own, None for what is no org's.
    """

    action: Action
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    org: str | None = OWN


async def record(db: Statements, caller: Caller, deed: Deed) -> None:
    """Keep that ``caller`` did it. ``db`` is the transaction of the change, where there is one."""
    await store.add_audit(db, entry(caller, deed))


async def recorded(
    db: Database,
    caller: Caller,
    change: Callable[[Statements], Awaitable[T]],
    deed: Callable[[T], Deed | None],
) -> T:
    """Make a change and record it in one transaction; what changed nothing is not recorded.

    ``deed`` is asked with what the change returned, unless that is empty. Raises what ``change`` raises.
    """

    async def both(tx: Statements) -> T:
        changed = await change(tx)
        done = deed(changed) if changed else None
        if done is not None:
            await record(tx, caller, done)
        return changed

    return await db.in_transaction(both)


def entry(caller: Caller | None, deed: Deed) -> NewAudit:
    """Return what is kept of a deed."""
    trail = CURRENT.get() or Trail()
    return NewAudit(
        org_id=caller.org if caller and deed.org == OWN else deed.org or None,
        actor=caller.user if caller else None,
        actor_org=caller.org if caller else None,
        via=(caller.session or caller.via) if caller else "",
        action=deed.action,
        subject=deed.subject,
        detail=deed.detail,
        request_id=trail.request_id or None,
        address=trail.address or None,
    )
