"""What is told about a job: CloudEvents envelopes, built from the row they are about.

An event is a function of the row's latest change, so a live event and the same change read again on
resume are the same bytes with the same ``id``. Every change is told on three channels: the user's, where
``offset`` is the user's change sequence, the job's, where ``offset`` is the job's version, and the org's,
whose offset is added where its users' sequences are merged.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from jobs.store.row import JobRow
from jobs.trail import traceparent_of
from jobs.wire_json import wire_json, zulu
from realtime import keys
from realtime.channels import Channel
from realtime.message import Message

MOST_PROMPT = 500
FINAL_PROGRESS = {"fraction": 1.0, "message": ""}


class EventWriter:
    """Writes events of one database timeline; bigger than ``max_bytes`` refer to the job instead."""

    def __init__(self, epoch: str, max_bytes: int) -> None:
        self.epoch = epoch
        self._max_bytes = max_bytes

    def told(
        self, row: JobRow, heard: Container[str] | None = None
    ) -> list[tuple[Channel, Message]]:
        """Return the row's latest change for its channels, or for those whose names are ``heard``."""
        tellers = dict(zip(names_of(row), TELL, strict=False))
        wanted = TELL if heard is None else [tellers[name] for name in tellers if name in heard]
        common = self._common(row, self.epoch) if wanted else b""
        return [tell(row, self.epoch, common) for tell in wanted]

    def of_user(self, row: JobRow, epoch: str) -> Message:
        """Return the row's latest change for its user's channel, as read in ``epoch``."""
        return to_user(row, epoch, self._common(row, epoch))[1]

    def of_job(self, row: JobRow, epoch: str) -> Message:
        """Return the row's latest change for the job's own channel, as read in ``epoch``."""
        return to_job(row, epoch, self._common(row, epoch))[1]

    def of_org(self, row: JobRow, epoch: str) -> Message:
        """Return the row's latest change for its org's channel, as read in ``epoch``."""
        return to_org(row, epoch, self._common(row, epoch))[1]

    def _common(self, row: JobRow, epoch: str) -> bytes:
        last = row.last
        body = {
            **envelope(last["type"], row.id, row.user_id, row.org_id),
            "id": f"{row.id}.{row.version}",
            "time": zulu(last["time"]),
            "epoch": epoch,
            "seq": row.version,
            "attempt": row.attempt,
            **traced(row),
            "data": orjson.Fragment(self._data(row, last)),
        }
        return wire_json(body)

    def _data(self, row: JobRow, last: Mapping[str, Any]) -> bytes:
        data = summary(row) | seldom(row, last)
        encoded = wire_json(data)
        if len(encoded) > self._max_bytes:
            reference = {"result": None, "error": short(row.error), "progress": None}
            encoded = wire_json({**data, **reference, "data_ref": f"/api/jobs/{row.id}"})
        return encoded


def names_of(row: JobRow) -> Sequence[str]:
    """Return the pub/sub channels of those who may hear of a change: of its user's, its org's, its own.

    Nobody listens to a job that is just being told of: who learns its id from now on finds it recorded.
    """
    wide = wide_names(row.org_id, row.user_id)
    return wide if row.version == 1 else (*wide, keys.job_events(row.id))


@lru_cache(maxsize=10_000)
def wide_names(org: str, user: str) -> tuple[str, str]:
    """Return the names of a user's and an org's pub/sub channel."""
    return keys.events(Channel.user(org, user)), keys.events(Channel.whole_org(org))


def to_user(row: JobRow, epoch: str, common: bytes) -> tuple[Channel, Message]:
    """Return the change whose envelope is ``common`` as it is told on the user's channel."""
    channel = Channel.user(row.org_id, row.user_id)
    body = addressed(common, channel, row.change_seq)
    return channel, Message(row.last["type"], body, row.change_seq, epoch)


def to_job(row: JobRow, epoch: str, common: bytes) -> tuple[Channel, Message]:
    """Return it as it is told on the job's own channel, which ends with the job."""
    channel = Channel.job(row.id)
    body = addressed(common, channel, row.version)
    return channel, Message(row.last["type"], body, row.version, epoch, final=row.final)


def to_org(row: JobRow, epoch: str, common: bytes) -> tuple[Channel, Message]:
    """Return it as a part of the org's channel."""
    channel = Channel.whole_org(row.org_id)
    body = addressed(common, channel)
    return channel, Message(row.last["type"], body, row.change_seq, epoch, part=row.user_id)


TELL = (to_user, to_org, to_job)
"""How a change is told, in the order of ``names_of``."""


def addressed(common: bytes, channel: Channel, offset: int | None = None) -> bytes:
    """Return the envelope ``common`` with its channel, and its place there: what differs by channel.

    Without ``offset`` whoever merges a channel's parts adds it.
    """
    place = b"" if offset is None else b',"offset":%d' % offset
    return b'%b,"channel":%b%b}' % (common[:-1], orjson.dumps(channel.name), place)


def envelope(kind: str, job_id: UUID, user: str, org: str) -> dict[str, Any]:
    """Return the part of the envelope that all events of a job share."""
    return {
        "specversion": "1.0",
        "id": "",
        "source": "/jobs",
        "type": kind,
        "subject": f"job:{job_id}",
        "user": user,
        "org": org,
    }


def traced(row: JobRow) -> dict[str, str]:
    """Return the trace that a job belongs to, if it does (CloudEvents' Distributed Tracing extension)."""
    traceparent = traceparent_of(row.trail)
    return {"traceparent": traceparent} if traceparent else {}


def summary(row: JobRow) -> dict[str, Any]:
    """Return what an event says of a job: enough to draw it in a list."""
    return {
        "kind": row.kind,
        "state": row.state,
        "attempt": row.attempt,
        "failures": row.failures,
        "max_attempts": row.max_attempts,
        "priority": row.priority,
        "tags": row.tags,
        "worker": row.worker_name if row.state == "running" else None,
        "run_at": row.run_at,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "cancel_requested_at": row.cancel_requested_at,
        "progress": FINAL_PROGRESS if row.state == "succeeded" else row.progress,
        "result": row.result,
        "error": row.error,
    }


def seldom(row: JobRow, last: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said only of the jobs it is true of: why, whose child it is, what it asks for.

    ``last`` is the entry of the change that is told.
    """
    told: dict[str, Any] = {}
    if reason := last.get("reason") or last.get("outcome"):
        told["reason"] = reason
    if row.parent_id is not None:
        told["parent_id"] = str(row.parent_id)
    if row.awaiting is not None:
        prompt = row.awaiting["prompt"][:MOST_PROMPT]
        told["awaiting"] = {"prompt": prompt} | {
            name: row.awaiting[name] for name in ("number", "until") if name in row.awaiting
        }
    return told


def short(error: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return an error with its message cut to fit any event."""
    return {"code": error["code"], "message": error["message"][:2000]} if error else None


def timeline(row: JobRow) -> list[dict[str, Any]]:
    """Return every durable change of the job so far, oldest first, as envelopes on its channel."""
    return [
        {
            **envelope(entry["type"], row.id, row.user_id, row.org_id),
            "id": f"{row.id}.{entry['seq']}",
            "time": zulu(entry["time"]),
            "channel": f"job:{row.id}",
            "offset": entry["seq"],
            "seq": entry["seq"],
            "attempt": entry["attempt"],
            **traced(row),
            "data": {
                "kind": row.kind,
                "state": entry["type"].removeprefix("job."),
                **({"parent_id": str(row.parent_id)} if row.parent_id else {}),
                **{k: entry[k] for k in ("reason", "outcome", "error", "worker") if k in entry},
            },
        }
        for entry in row.story
    ]


def joint_timeline(rows: Iterable[JobRow]) -> list[dict[str, Any]]:
    """Return the timelines of several jobs as one, oldest first."""
    told = [event for row in rows for event in timeline(row)]
    return sorted(told, key=lambda event: (datetime.fromisoformat(event["time"]), event["seq"]))


def passing(
    kind: str,
    job_id: UUID,
    owner: tuple[str, str],
    attempt: int,
    data: Mapping[str, Any] | orjson.Fragment,
) -> list[tuple[Channel, Message]]:
    """Return an ephemeral event for the job's channel; progress goes to its user's and org's as well.

    ``owner`` is (org, user). On the wider channels messages of different jobs must not replace each
    other, so there the conflation key names the job.
    """
    org, user = owner
    common = wire_json(
        {
            **envelope(f"job.{kind}", job_id, user, org),
            "id": f"{job_id}.{attempt}.{kind}",
            "time": datetime.now(UTC),
            "attempt": attempt,
            "data": data,
        }
    )
    channels = [(Channel.job(job_id), kind)]
    if kind == "progress":
        wide = f"{kind}:{job_id}"
        channels += [(Channel.user(org, user), wide), (Channel.whole_org(org), wide)]
    return [(to, Message(f"job.{kind}", addressed(common, to), key=key)) for to, key in channels]
