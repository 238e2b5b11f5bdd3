"""What is told about an inbox entry: made (by us, or by a processor's own words) and read.

As with jobs, an event is a function of the row's latest change: told live or read again on resume, it is
the same bytes with the same ``id``. ``seq`` is 1 for an entry that was made and 2 once it was read.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import md5
from uuid import UUID

import orjson

from jobs.events import EventWriter, addressed
from jobs.store import InboxRow, JobRow
from jobs.store.sql import UNSEEN
from jobs.wire_json import wire_json
from realtime.channels import Channel
from realtime.message import Message

OURS = ("job.", "webhook.")
MADE, READ = 1, 2


class InboxEvents:
    """Writes the inbox's events in the epoch of ``writer``; big ones refer to the inbox instead."""

    def __init__(self, writer: EventWriter, max_bytes: int) -> None:
        self._writer = writer
        self._max_bytes = max_bytes

    def told(self, row: InboxRow) -> tuple[Channel, Message]:
        """Return the entry's latest change for its user's channel."""
        return Channel.user(row.org_id, row.user_id), self.of_user(row, self._writer.epoch)

    def everywhere(self, row: InboxRow) -> list[tuple[Channel, Message]]:
        """Return it for the org's channel as well: there a number was taken, what for is the user's."""
        kind, to = "inbox.changed", Channel.whole_org(row.org_id)
        body = {
            "specversion": "1.0",
            "id": f"{row.org_id}.{row.user_id}.{row.change_seq}",
            "source": "/inbox",
            "type": kind,
            "user": row.user_id,
            "org": row.org_id,
            "time": row.read_at or row.created_at,
            "epoch": self._writer.epoch,
            "data": None,
        }
        told, epoch = addressed(wire_json(body), to), self._writer.epoch
        changed = Message(kind, told, row.change_seq, epoch, part=row.user_id)
        return [self.told(row), (to, changed)]

    def of_user(self, row: InboxRow, epoch: str) -> Message:
        """Return the entry's latest change as read in ``epoch``."""
        kind, seq = event_type(row), READ if row.read_at else MADE
        body = {
            "specversion": "1.0",
            "id": f"{row.id}.{seq}",
            "source": "/inbox",
            "type": kind,
            "subject": f"inbox:{row.id}",
            "user": row.user_id,
            "org": row.org_id,
            "time": row.read_at or row.created_at,
            "channel": f"user:{row.user_id}",
            "offset": row.change_seq,
            "epoch": epoch,
            "seq": seq,
            "data": orjson.Fragment(self._data(row)),
        }
        return Message(kind, wire_json(body), row.change_seq, epoch)

    def unseen(self, row: InboxRow, at: datetime) -> bytes:
        """Return what a webhook is told of an entry that no device had shown ``at`` that time.

        It is no change of the entry, so it has no place on the user's channel.
        """
        body = {
            "specversion": "1.0",
            "id": f"{row.id}.unseen",
            "source": "/inbox",
            "type": UNSEEN,
            "subject": f"inbox:{row.id}",
            "user": row.user_id,
            "org": row.org_id,
            "time": at,
            "seq": MADE,
            "data": orjson.Fragment(self._data(replace(row, read_at=None))),
        }
        return wire_json(body)

    def _data(self, row: InboxRow) -> bytes:
        data = {
            "id": str(row.id),
            "name": row.name,
            "job_id": str(row.job_id) if row.job_id else None,
            "data": row.data,
            "created_at": row.created_at,
            "read_at": row.read_at,
        }
        encoded = wire_json(data)
        if len(encoded) > self._max_bytes:
            encoded = wire_json({**data, "data": None, "data_ref": "/api/inbox"})
        return encoded


def event_type(row: InboxRow) -> str:
    """Return the type of an entry's latest change."""
    if row.read_at is not None:
        return "inbox.read"
    return "inbox.created" if row.name.startswith(OURS) else f"notification.{row.name}"


def notice_of(row: JobRow) -> InboxRow | None:
    """Return the inbox entry that was written with the job's latest change, None when none was.

    The same as ``store.sql.NOTED`` wrote: its id and number follow from the change.
    """
    if not (row.notify and row.final):
        return None
    last = row.last
    kind = last["type"]
    if kind != f"job.{row.state}":
        return None
    return InboxRow(
        id=UUID(bytes=md5(f"{row.id}.{row.version}".encode(), usedforsecurity=False).digest()),
        org_id=row.org_id,
        user_id=row.user_id,
        job_id=row.id,
        name=kind,
        data={"kind": row.kind, "state": row.state},
        created_at=datetime.fromisoformat(last["time"]),
        read_at=None,
        change_seq=row.change_seq + 1,
    )
