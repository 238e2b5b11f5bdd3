"""What the realtime package asks about jobs, answered from Postgres (realtime.source.Source).

Each question but ``may_listen`` is one statement, so the position and what is read with it belong together.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson

from jobs import store
from jobs.batch_events import BatchEvents
from jobs.batches import resource as batch_resource
from jobs.db import Database
from jobs.events import EventWriter
from jobs.ids import as_uuid
from jobs.inbox_events import InboxEvents
from jobs.records import Records
from jobs.store import BatchRow, InboxRow, JobRow, Owner
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from realtime.message import Message
from realtime.source import Changes, Parts, Positions, Snapshot

SNAPSHOT_JOBS = 500
NOWHERE = -1
Row = TypeVar("Row", JobRow, BatchRow)


class JobSource:
    """Positions, changes and snapshots of user, job, batch and org channels."""

    def __init__(
        self,
        db: Database,
        writer: EventWriter,
        inbox: InboxEvents,
        batches: BatchEvents,
        records: Records,
    ) -> None:
        self._db = db
        self._writer = writer
        self._inbox = inbox
        self._batches = batches
        self._records = records

    @property
    def epoch(self) -> str:
        """Return the database timeline last read."""
        return self._writer.epoch

    async def read_epoch(self) -> str:
        """Read the timeline afresh, so that live events name the one they were committed in."""
        return self._timeline(await store.epoch(self._db))

    async def may_listen(self, caller: Caller, channel: Channel) -> bool:
        """Return whether the channel is the caller's own, or one they may read."""
        if not caller.may("jobs:read"):
            return False
        match channel.kind:
            case "user":
                return channel.id == caller.user or caller.may("org:read")
            case "org":
                return caller.may("admin") or (caller.may("org:read") and channel.id == caller.org)
        ident, owner = as_uuid(channel.id), Owner.reading(caller)
        table: store.Table = "jobs" if channel.kind == "job" else "batches"
        return ident is not None and await store.exists(self._db, owner, table, ident)

    async def positions(self, channels: Collection[Channel]) -> Positions:
        """Return users' and orgs' change sequences and jobs' and batches' versions, in one query."""
        found = await store.positions(self._db, [(channel, NOWHERE) for channel in channels])
        unborn = {c: 0 for c in channels if c.kind in {"user", "org"}}
        parts = {c: found.parts.get(c, {}) for c in channels if c.kind == "org"}
        sums = {c: sum(of.values()) for c, of in parts.items()}
        return Positions(self._timeline(found.epoch), unborn | found.offsets | sums, parts)

    async def moved(self, known: Iterable[tuple[Channel, int]]) -> Positions:
        """Return the newest offsets that are not the known ones, in one query."""
        found = await store.moved(self._db, known)
        return Positions(self._timeline(found.epoch), found.offsets)

    async def changes(
        self, channel: Channel, since: int, limit: int, parts: Parts | None = None
    ) -> Changes:
        """Return what changed after ``since`` or ``parts``, each thing once, in its latest state."""
        match channel.kind:
            case "user":
                return await self._user_changes(channel, since, limit)
            case "org":
                return await self._org_changes(channel, since, limit, parts)
            case "batch":
                epoch, batch = await self._batch(channel)
                told = [self._batches.of_batch(batch, epoch)] if batch.version > since else []
                return Changes(epoch, batch.version, told)
        epoch, row = await self._job(channel)
        told = [self._writer.of_job(row, epoch)] if row.version > since else []
        return Changes(epoch, row.version, told)

    async def snapshot(self, channel: Channel) -> Snapshot:
        """Return the channel's whole state. Raises UnknownChannel."""
        match channel.kind:
            case "user":
                return await self._user_snapshot(channel)
            case "org":
                return await self._org_snapshot(channel)
            case "batch":
                epoch, batch = await self._batch(channel)
                state = {"batch": batch_resource(batch).model_dump(mode="json")}
                return Snapshot(epoch, batch.version, orjson.dumps(state))
        epoch, row = await self._job(channel)
        state = {"job": self._records.resource(row).model_dump(mode="json")}
        return Snapshot(
            epoch, row.version, orjson.dumps(state), final=row.final, attempt=row.attempt
        )

    async def _user_changes(self, channel: Channel, since: int, limit: int) -> Changes:
        read = await store.changed_since(self._db, channel.org, channel.id, since, limit + 1)
        epoch = self._timeline(read.epoch)
        told = [self._told(change, epoch) for change in read.changes[:limit]]
        return Changes(epoch, read.seq, told, complete=len(read.changes) <= limit)

    async def _org_changes(
        self, channel: Channel, since: int, limit: int, parts: Parts | None
    ) -> Changes:
        """Return what changed beyond ``parts``; without them only whether nothing did."""
        if parts is None:
            top = await self.positions([channel])
            offset, newest = top.offsets[channel], top.parts[channel]
            return Changes(top.epoch, offset, [], complete=offset == since, parts=newest)
        read = await store.org_changed_since(self._db, channel.id, parts, limit + 1)
        epoch = self._timeline(read.epoch)
        told = [self._told_org(change, epoch) for change in read.changes[:limit]]
        complete = len(read.changes) <= limit
        return Changes(epoch, read.total, told, complete, parts={**parts, **read.moved})

    def _told(self, change: JobRow | InboxRow | BatchRow, epoch: str) -> Message:
        match change:
            case JobRow():
                return self._writer.of_user(change, epoch)
            case InboxRow():
                return self._inbox.of_user(change, epoch)
            case BatchRow():
                return self._batches.of_user(change, epoch)

    def _told_org(self, change: JobRow | BatchRow, epoch: str) -> Message:
        if isinstance(change, JobRow):
            return self._writer.of_org(change, epoch)
        return self._batches.of_org(change, epoch)

    async def _user_snapshot(self, channel: Channel) -> Snapshot:
        read = await store.recent(self._db, channel.org, channel.id, SNAPSHOT_JOBS + 1)
        state = await self._listed(read.jobs) | {"unread": read.unread}
        return Snapshot(self._timeline(read.epoch), read.seq, orjson.dumps(state))

    async def _org_snapshot(self, channel: Channel) -> Snapshot:
        read = await store.org_recent(self._db, channel.id, SNAPSHOT_JOBS + 1)
        state = orjson.dumps(await self._listed(read.jobs))
        offset = sum(read.parts.values())
        return Snapshot(self._timeline(read.epoch), offset, state, parts=read.parts)

    async def _listed(self, jobs: Sequence[JobRow]) -> dict[str, Any]:
        shown = jobs[:SNAPSHOT_JOBS]
        live = await self._records.progress(shown)
        return {
            "jobs": [self._records.resource(row, live).model_dump(mode="json") for row in shown],
            "truncated": len(jobs) > SNAPSHOT_JOBS,
        }

    async def _job(self, channel: Channel) -> tuple[str, JobRow]:
        return await self._one(channel, store.find_now)

    async def _batch(self, channel: Channel) -> tuple[str, BatchRow]:
        return await self._one(channel, store.find_batch_now)

    async def _one(
        self,
        channel: Channel,
        find: Callable[[Database, UUID], Awaitable[tuple[str, Row] | None]],
    ) -> tuple[str, Row]:
        ident = as_uuid(channel.id)
        found = await find(self._db, ident) if ident else None
        if found is None:
            raise UnknownChannel
        return self._timeline(found[0]), found[1]

    def _timeline(self, epoch: str) -> str:
        """Let live events name the timeline that was just read."""
        self._writer.epoch = epoch
        return epoch
