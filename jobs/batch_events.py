"""What is told about a batch: that it is complete, and how far it has come."""

from datetime import UTC, datetime
from typing import Any

from jobs.events import EventWriter, addressed
from jobs.models.state import FINALS, UNFINISHED
from jobs.store import BatchRow
from jobs.wire_json import wire_json
from realtime.channels import Channel
from realtime.message import Message


class BatchEvents:
    """Writes batches' events in the epoch of ``writer``, for the channels of user, batch and org."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer

    def told(self, row: BatchRow) -> list[tuple[Channel, Message]]:
        """Return the batch's latest change for everybody who may hear of it."""
        epoch = self._writer.epoch
        return [
            (Channel.user(row.org_id, row.user_id), self.of_user(row, epoch)),
            (Channel.batch(row.id), self.of_batch(row, epoch)),
            (Channel.whole_org(row.org_id), self.of_org(row, epoch)),
        ]

    def of_user(self, row: BatchRow, epoch: str) -> Message:
        """Return the batch's latest change for its user's channel, as read in ``epoch``."""
        body = addressed(change(row, epoch), Channel.user(row.org_id, row.user_id), row.change_seq)
        return Message(kind_of(row), body, row.change_seq, epoch)

    def of_batch(self, row: BatchRow, epoch: str) -> Message:
        """Return the batch's latest change for its own channel, where its version counts."""
        body = addressed(change(row, epoch), Channel.batch(row.id), row.version)
        return Message(kind_of(row), body, row.version, epoch)

    def of_org(self, row: BatchRow, epoch: str) -> Message:
        """Return the batch's latest change as a part of its org's channel."""
        body = addressed(change(row, epoch), Channel.whole_org(row.org_id))
        return Message(kind_of(row), body, row.change_seq, epoch, part=row.user_id)

    def progress(self, row: BatchRow) -> list[tuple[Channel, Message]]:
        """Return how far the batch is: ephemeral, only the newest counts."""
        kind, now = "batch.progress", datetime.now(UTC)
        common = wire_json(envelope(row, kind) | {"id": f"{row.id}.progress", "time": now})
        wide = f"batch:{row.id}"
        channels = [
            (Channel.user(row.org_id, row.user_id), wide),
            (Channel.batch(row.id), "progress"),
            (Channel.whole_org(row.org_id), wide),
        ]
        return [(to, Message(kind, addressed(common, to), key=key)) for to, key in channels]


def kind_of(row: BatchRow) -> str:
    """Return the type of a batch's latest change."""
    return "batch.completed" if row.completed_at else "batch.created"


def change(row: BatchRow, epoch: str) -> bytes:
    """Return the part of the envelope of a batch's latest change that is the same on every channel."""
    place = {"id": f"{row.id}.{row.version}", "epoch": epoch, "seq": row.version}
    when = {"time": row.completed_at or row.created_at}
    return wire_json(envelope(row, kind_of(row)) | place | when)


def envelope(row: BatchRow, kind: str) -> dict[str, Any]:
    """Return the part of the envelope that all events of a batch share."""
    return {
        "specversion": "1.0",
        "id": "",
        "source": "/batches",
        "type": kind,
        "subject": f"batch:{row.id}",
        "time": "",
        "user": row.user_id,
        "org": row.org_id,
        "data": counters(row),
    }


def counters(row: BatchRow) -> dict[str, Any]:
    """Return how many jobs of the batch are in each state, and how far it is."""
    done = sum(getattr(row, state) for state in FINALS)
    return {
        "total": row.total,
        "counts": {state: getattr(row, state) for state in (*UNFINISHED, *FINALS)},
        "progress": {"fraction": done / row.total if row.total else 0.0},
        "round": row.round,
        "revision": row.revision,
        "completed_at": row.completed_at,
    }
