"""What is told about a batch: that it is complete, and how far it has come."""

from datetime import UTC, datetime
from typing import Any

import orjson

from jobs.events import EventWriter
from jobs.models.job import FINALS, UNFINISHED
from jobs.store import BatchRow
from realtime.channels import Channel
from realtime.message import Message


class BatchEvents:
    """Writes batches' events in the epoch of ``writer``."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer

    def told(self, row: BatchRow) -> list[tuple[Channel, Message]]:
        """Return the batch's latest change for its user's channel."""
        return [(Channel.user(row.org_id, row.user_id), self.of_user(row, self._writer.epoch))]

    def of_user(self, row: BatchRow, epoch: str) -> Message:
        """Return the batch's latest change as read in ``epoch``."""
        kind = "batch.completed" if row.completed_at else "batch.created"
        body = {
            "specversion": "1.0",
            "id": f"{row.id}.{row.version}",
            "source": "/batches",
            "type": kind,
            "subject": f"batch:{row.id}",
            "user": row.user_id,
            "org": row.org_id,
            "time": row.completed_at or row.created_at,
            "channel": f"user:{row.user_id}",
            "offset": row.change_seq,
            "epoch": epoch,
            "seq": row.version,
            "data": counters(row),
        }
        return Message(kind, orjson.dumps(body), row.change_seq, epoch)

    def progress(self, row: BatchRow) -> list[tuple[Channel, Message]]:
        """Return how far the batch is: ephemeral, only the newest counts."""
        kind = "batch.progress"
        body = {
            "specversion": "1.0",
            "id": f"{row.id}.progress",
            "source": "/batches",
            "type": kind,
            "subject": f"batch:{row.id}",
            "user": row.user_id,
            "org": row.org_id,
            "time": datetime.now(UTC),
            "channel": f"user:{row.user_id}",
            "data": counters(row),
        }
        message = Message(kind, orjson.dumps(body), key=f"batch:{row.id}")
        return [(Channel.user(row.org_id, row.user_id), message)]


def counters(row: BatchRow) -> dict[str, Any]:
    """Return how many jobs of the batch are in each state, and how far it is."""
    done = sum(getattr(row, state) for state in FINALS)
    return {
        "total": row.total,
        "counts": {state: getattr(row, state) for state in (*UNFINISHED, *FINALS)},
        "progress": {"fraction": done / row.total if row.total else 0.0},
        "round": row.round,
        "completed_at": row.completed_at,
    }
