"""What the realtime package asks about jobs, answered from Postgres (realtime.source.Source)."""

from collections.abc import Collection, Mapping
from uuid import UUID

import orjson

from jobs import store
from jobs.batch_events import BatchEvents
from jobs.db import Database
from jobs.events import EventWriter
from jobs.inbox_events import InboxEvents
from jobs.records import Records
from jobs.store import ANYBODY, BatchRow, InboxRow, JobRow, Owner
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from realtime.message import Message
from realtime.source import Changes, Parts, Positions, Snapshot

SNAPSHOT_JOBS = 500


class JobSource:
    """Positions, changes and snapshots of user and job channels."""

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
        if channel.kind == "user":
            return channel.id == caller.user or caller.may("org:read")
        job_id = as_uuid(channel)
        if job_id is None:
            return False
        return await store.find(self._db, Owner.reading(caller), job_id) is not None

    async def positions(self, channels: Collection[Channel]) -> Positions:
        """Return users' change sequences and jobs' versions, in one query."""
        users = [(c.org, c.id) for c in channels if c.kind == "user"]
        jobs = [job_id for c in channels if (job_id := as_uuid(c))]
        epoch, found = await store.positions(self._db, users, jobs)
        newest = {Channel.job(p.id) if p.job else Channel.user(p.org, p.id): p.seq for p in found}
        unborn = {c: 0 for c in channels if c.kind == "user"}
        return Positions(self._timeline(epoch), unborn | newest)

    async def moved(self, known: Mapping[Channel, int]) -> Positions:
        """Return the newest offsets that are not the known ones."""
        newest = await self.positions(known)
        moved = {c: n for c, n in newest.offsets.items() if n != known[c]}
        return Positions(newest.epoch, moved)

    async def changes(
        self, channel: Channel, since: int, limit: int, parts: Parts | None = None
    ) -> Changes:
        """Return what changed after ``since``, each job once, in its latest state."""
        if channel.kind == "user":
            read = await store.changed_since(self._db, channel.org, channel.id, since, limit + 1)
            epoch = self._timeline(read.epoch)
            told = [self._told(change, epoch) for change in read.changes[:limit]]
            return Changes(epoch, read.seq, told, complete=len(read.changes) <= limit)
        row, epoch = await self._job(channel)
        told = [self._writer.of_job(row, epoch)] if row.version > since else []
        return Changes(epoch, row.version, told)

    async def snapshot(self, channel: Channel) -> Snapshot:
        """Return the channel's whole state. Raises UnknownChannel."""
        if channel.kind == "user":
            return await self._user_snapshot(channel)
        row, epoch = await self._job(channel)
        live = await self._records.progress([row])
        state = {"job": self._records.resource(row, live).model_dump(mode="json")}
        return Snapshot(epoch, row.version, orjson.dumps(state), final=row.final)

    def _told(self, change: JobRow | InboxRow | BatchRow, epoch: str) -> Message:
        match change:
            case JobRow():
                return self._writer.of_user(change, epoch)
            case InboxRow():
                return self._inbox.of_user(change, epoch)
            case BatchRow():
                return self._batches.of_user(change, epoch)

    async def _user_snapshot(self, channel: Channel) -> Snapshot:
        read = await store.recent(self._db, channel.org, channel.id, SNAPSHOT_JOBS + 1)
        shown = read.jobs[:SNAPSHOT_JOBS]
        live = await self._records.progress(shown)
        state = {
            "jobs": [self._records.resource(row, live).model_dump(mode="json") for row in shown],
            "truncated": len(read.jobs) > SNAPSHOT_JOBS,
            "unread": await store.unread_inbox(self._db, channel.org, channel.id),
        }
        return Snapshot(self._timeline(read.epoch), read.seq, orjson.dumps(state))

    async def _job(self, channel: Channel) -> tuple[JobRow, str]:
        job_id = as_uuid(channel)
        row = await store.find(self._db, ANYBODY, job_id) if job_id else None
        if row is None:
            raise UnknownChannel
        return row, self._writer.epoch

    def _timeline(self, epoch: str) -> str:
        """Let live events name the timeline that was just read."""
        self._writer.epoch = epoch
        return epoch


def as_uuid(channel: Channel) -> UUID | None:
    """Return the id of a job channel, None for every other channel."""
    if channel.kind != "job":
        return None
    try:
        return UUID(channel.id)
    except ValueError:
        return None
