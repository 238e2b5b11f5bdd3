"""Bulk actions on any number of jobs: written down with the count, worked off by the workers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog

from jobs import store
from jobs.announcer import Announcer
from jobs.audit import Action as AuditAction
from jobs.audit import Deed, recorded
from jobs.db import Database, Statements
from jobs.flows import Flows
from jobs.ids import uuid7
from jobs.models.state import FINALS, UNFINISHED
from jobs.resource import Resource
from jobs.store import BulkRow, JobFilter, JobRow, Owner
from realtime.caller import Caller

log = structlog.get_logger(__name__)

Action = Literal["retry", "cancel", "delete"]
PAGE = 500
FIRST = UUID(int=0)
NONE = ("none",)  # no job is in that state
CONCERNED: dict[str, tuple[str, ...]] = {
    "retry": ("failed", "cancelled", "expired"),
    "cancel": UNFINISHED,
    "delete": FINALS,
}


ACTIONS: Mapping[Action, AuditAction] = {
    "retry": "bulk.retry",
    "cancel": "bulk.cancel",
    "delete": "bulk.delete",
}


class BulkResource(Resource):
    """A bulk action that was taken on. ``matched`` counts the jobs it is about to go through."""

    id: UUID
    action: Action
    matched: int


class Bulk:
    """Takes bulk actions on, and works them off."""

    def __init__(self, db: Database, announcer: Announcer, flows: Flows) -> None:
        self._db = db
        self._announcer = announcer
        self._flows = flows

    async def submit(self, caller: Caller, action: Action, wanted: JobFilter) -> BulkResource:
        """Write down what is to be done with every job of the caller's that matches."""
        owner = Owner.writing(caller)
        narrowed = narrow(wanted, action)
        matched = await store.count(self._db, owner, narrowed)
        row = await recorded(
            self._db,
            caller,
            lambda tx: store.add_bulk(
                tx,
                uuid7(),
                (caller.org, caller.user),
                (owner.org, owner.user),
                action,
                written(narrowed),
                matched,
            ),
            lambda row: deed_of(row, action, owner),
        )
        log.info("bulk.submitted", id=str(row.id), action=action, matched=matched, by=caller.user)
        return BulkResource(id=row.id, action=action, matched=matched)

    async def work(self) -> bool:
        """Work one page off; False when there is nothing to do.

        A page that was done but not noted is done again: each action only concerns jobs it has not
        changed yet.
        """
        row, changed = await self._db.in_transaction(self._page)
        if row is None:
            return False
        match row.action:
            case "retry":
                await self._announcer.announce(changed)
            case "cancel":
                await self._flows.cancelled(changed)
        return True

    async def _page(self, tx: Statements) -> tuple[BulkRow | None, list[JobRow]]:
        row = await store.next_bulk(tx)
        if row is None:
            return None, []
        owner = Owner(row.within_org, row.within_user)
        ids = await store.next_ids(tx, owner, read(row.filter), row.after_id or FIRST)
        changed, number = await self._do(tx, row.action, owner, ids)
        await store.finish_bulk(tx, row.id, ids[-1] if ids else None, number)
        return row, changed

    async def _do(
        self, tx: Statements, action: str, owner: Owner, ids: Sequence[UUID]
    ) -> tuple[list[JobRow], int]:
        if not ids:
            return [], 0
        if action == "delete":
            return [], len(await store.delete(tx, owner, ids))
        order = store.retry if action == "retry" else store.cancel
        changed = await order(tx, owner, ids)
        return changed, len(changed)


def deed_of(row: BulkRow, action: Action, owner: Owner) -> Deed:
    """Return what the audit log keeps: the filter and the count, ids only as how many they are."""
    chosen = {name: value for name, value in row.filter.items() if name not in {"ids", "limit"}}
    ids = {"ids": len(row.filter["ids"])} if "ids" in row.filter else {}
    detail = {"filter": chosen | ids, "matched": row.matched}
    return Deed(ACTIONS[action], f"bulk:{row.id}", detail, org=owner.org)


def narrow(wanted: JobFilter, action: Action) -> JobFilter:
    """Return the filter with the states the action concerns, those asked for among them."""
    states = [s for s in CONCERNED[action] if not wanted.states or s in wanted.states]
    return replace(wanted, states=states or NONE, limit=PAGE)


def written(wanted: JobFilter) -> dict[str, Any]:
    """Return a filter as JSON."""
    return {name: value for name, value in asdict(wanted).items() if value not in (None, (), [])}


def read(kept: dict[str, Any]) -> JobFilter:
    """Return a filter from JSON."""
    given: dict[str, Any] = dict(kept)
    given |= {k: datetime.fromisoformat(kept[k]) for k in ("since", "until") if k in kept}
    given |= {k: UUID(kept[k]) for k in ("batch", "parent") if k in kept}
    if "ids" in kept:
        given["ids"] = [UUID(job) for job in kept["ids"]]
    return JobFilter(**given)
