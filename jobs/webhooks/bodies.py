"""What a webhook is sent: the event's envelope, built once, from the thing as it was at that change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from jobs import store
from jobs.batch_events import BatchEvents
from jobs.db import Database
from jobs.events import EventWriter, timeline
from jobs.inbox_events import InboxEvents
from jobs.models.state import State
from jobs.store import BatchRow, Due, InboxRow, JobRow, WebhookRow
from jobs.store.sql import UNSEEN
from jobs.wire_json import wire_json

TEST = "webhook.test"
HELLO = "This is a test. Nothing happened, and all is well."


class Bodies:
    """Builds and keeps the bodies of deliveries that have none yet."""

    def __init__(
        self, db: Database, writer: EventWriter, inbox: InboxEvents, batches: BatchEvents
    ) -> None:
        self._db = db
        self._writer = writer
        self._inbox = inbox
        self._batches = batches

    async def of(self, dues: Sequence[Due]) -> Mapping[UUID, str]:
        """Return each delivery's body by its id; one that tells of something gone has none."""
        kept = {due.id: due.body for due in dues if due.body is not None}
        fresh = [(due, due.subject_id) for due in dues if due.body is None and due.subject_id]
        if not fresh:
            return kept
        found = await self._subjects(fresh)
        told = {due.id: self._told(found[of], due) for due, of in fresh if of in found}
        built = {ident: body.decode() for ident, body in told.items() if body is not None}
        await store.keep_bodies(self._db, built)
        return kept | built

    async def _subjects(
        self, fresh: Sequence[tuple[Due, UUID]]
    ) -> Mapping[UUID, JobRow | InboxRow | BatchRow]:
        """Read what the deliveries tell of, as it is now."""
        ids: dict[str, list[UUID]] = {"job": [], "notification": [], "inbox": [], "batch": []}
        for due, subject in fresh:
            ids.get(due.type.partition(".")[0], []).append(subject)
        jobs = await store.delivery_subjects(self._db, ids["job"]) if ids["job"] else {}
        noted = ids["notification"] + ids["inbox"]
        notices = await store.inbox_by_ids(self._db, noted) if noted else {}
        batches = await store.batches_by_ids(self._db, ids["batch"]) if ids["batch"] else []
        return {**jobs, **notices, **{batch.id: batch for batch in batches}}

    def _told(self, row: JobRow | InboxRow | BatchRow, due: Due) -> bytes | None:
        """Return the event of the change ``due`` tells; None when nothing is left to tell it from."""
        epoch = self._writer.epoch
        match row:
            case JobRow() if row.version == due.seq:
                return self._writer.of_user(row, epoch).body
            case JobRow():
                return from_history(row, due, epoch)
            case InboxRow():
                return self._told_of_entry(row, due)
            case BatchRow():
                completed = replace(
                    row,
                    completed_at=row.completed_at or datetime.now(UTC),
                    version=due.seq,
                    change_seq=due.change_seq,
                )
                return self._batches.of_user(completed, epoch).body

    def _told_of_entry(self, row: InboxRow, due: Due) -> bytes:
        """Return that an entry was made, or that no device has shown it."""
        if due.type == UNSEEN:
            return self._inbox.unseen(row, datetime.now(UTC))
        unread = replace(row, read_at=None, change_seq=due.change_seq)
        return self._inbox.of_user(unread, self._writer.epoch).body


def from_history(row: JobRow, due: Due, epoch: str) -> bytes | None:
    """Return a change that the job has left behind, on its user's channel; None when it is unknown."""
    entry = next((e for e in timeline(row) if e["seq"] == due.seq), None)
    if entry is None:
        return None
    state = entry["data"]["state"]
    data = {**entry["data"], "state": state if state in set(State) else State.RUNNING}
    place: dict[str, Any] = {
        "channel": f"user:{row.user_id}",
        "offset": due.change_seq,
        "epoch": epoch,
    }
    return wire_json({**entry, **place, "data": data})


def test_body(webhook: WebhookRow, delivery_id: UUID) -> str:
    """Return the event a webhook is tried out with."""
    body = {
        "specversion": "1.0",
        "id": str(delivery_id),
        "source": "/webhooks",
        "type": TEST,
        "subject": f"webhook:{webhook.id}",
        "time": datetime.now(UTC),
        "user": webhook.user_id,
        "org": webhook.org_id,
        "data": {"message": HELLO},
    }
    return wire_json(body).decode()
