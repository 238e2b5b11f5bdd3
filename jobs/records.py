"""The record as callers see it: jobs, pages of jobs, timelines, logs and output."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson

from jobs import store
from jobs.arq_queue import ArqQueue
from jobs.db import Database
from jobs.errors import NotFound
from jobs.events import joint_timeline, timeline
from jobs.page import Page
from jobs.paused import Paused
from jobs.resource import Attempt, JobResource
from jobs.store import JobFilter, JobRow, Owner
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, Memory
from realtime.errors import BadCursor

MOST_RELATIVES = 200
NOBODY = (UUID(int=0),)  # no ids would mean: all


class JobPage(Page[JobResource]):
    """Some jobs, newest first."""


class Records:
    """Reads for one caller at a time; what a caller may not see does not exist."""

    def __init__(self, db: Database, line: ArqQueue, ephemeral: Ephemeral, paused: Paused) -> None:
        self._db = db
        self._paused = paused
        self._line = line
        self._ephemeral = ephemeral

    async def get(self, caller: Caller, job_id: UUID) -> JobResource:
        """Return a job, with its live progress, and its place while queued. Raises NotFound."""
        row = await self._find(caller, job_id)
        if row.state == "queued":
            job = await self.accepted(row)
            place = await self._place(row)
            eta = None if job.paused else await self._eta(row, place)
            return job.model_copy(update={"position": place, "eta_seconds": eta})
        return self.resource(row, await self.progress([row]))

    async def accepted(self, row: JobRow) -> JobResource:
        """Return a job as whoever submitted it sees it: with whether its queue is paused."""
        return self.resource(row).model_copy(update=await self.paused(row))

    async def paused(self, row: JobRow) -> dict[str, bool]:
        """Return what a job's resource says of its queue: that it is paused, or nothing."""
        held = row.state == "queued" and await self._paused.holds(row.queue)
        return {"paused": True} if held else {}

    async def list(
        self,
        caller: Caller,
        wanted: JobFilter,
        after: str | None = None,
        ancestor: UUID | None = None,
    ) -> JobPage:
        """Return one page after the cursor ``after``. Raises BadCursor.

        With ``ancestor`` only of its children, and theirs: of at most 200.
        """
        if ancestor is not None:
            relatives = await store.descendants(self._db, ancestor, MOST_RELATIVES)
            if not relatives:
                return JobPage(data=[], next=None, has_more=False)
            wanted = replace(wanted, ids=among(relatives, wanted.ids))
        before = read_cursor(after) if after else None
        asked = replace(wanted, before=before, limit=wanted.limit + 1)
        found = await store.newest(self._db, Owner.reading(caller), asked)
        shown = found[: wanted.limit]
        live = await self.progress(shown)
        more = len(found) > wanted.limit
        return JobPage.model_construct(  # of jobs that are valid already
            data=[self.resource(row, live) for row in shown],
            next=write_cursor(shown[-1].id) if more else None,
            has_more=more,
        )

    async def timeline(self, caller: Caller, job_id: UUID) -> "Sequence[dict[str, Any]]":
        """Return the job's durable events, oldest first. Raises NotFound."""
        return timeline(await self._find(caller, job_id))

    async def family_timeline(self, caller: Caller, job_id: UUID) -> "Sequence[dict[str, Any]]":
        """Return the durable events of a job, of its children and theirs, oldest first. Raises NotFound."""
        row = await self._find(caller, job_id)
        relatives = await store.descendants(self._db, row.id, MOST_RELATIVES)
        if not relatives:
            return timeline(row)
        wanted = JobFilter(ids=relatives, limit=MOST_RELATIVES)
        return joint_timeline([row, *await store.newest(self._db, Owner.reading(caller), wanted)])

    async def logs(self, caller: Caller, job_id: UUID) -> "Sequence[dict[str, Any]]":
        """Return the newest log lines of all attempts, oldest first. Raises NotFound."""
        memory = await self._memory(caller, job_id)
        return [orjson.loads(line) for line in memory.lines]

    async def output(self, caller: Caller, job_id: UUID) -> Memory:
        """Return the text streamed so far by the latest attempt. Raises NotFound."""
        return await self._memory(caller, job_id)

    async def progress(self, rows: Sequence[JobRow]) -> Mapping[UUID, Any]:
        """Return the live progress of those that run."""
        running = {Channel.job(row.id): row for row in rows if row.state == "running"}
        if not running:
            return {}
        newest = await self._ephemeral.newest(running.keys(), "progress")
        return {
            running[channel].id: orjson.loads(value)
            for channel, (attempt, value) in newest.items()
            if attempt == running[channel].attempt
        }

    async def _place(self, row: JobRow) -> int:
        """Return a queued job's place: in the queue's fair turns, or among those its limit holds."""
        known = None if row.held_by else await self._line.position(row.org_id, row.id)
        return known or await store.job_position(self._db, row)

    async def _eta(self, row: JobRow, place: int) -> float | None:
        """Return in about how many seconds a job starts: its place over what the workers get through."""
        if row.held_by is not None:
            return None  # that depends on one limit, not on the workers
        pace = await store.jobs_per_second(self._db)
        return round(place / pace, 1) if pace else None

    def resource(self, row: JobRow, live: Mapping[UUID, Any] | None = None) -> JobResource:
        """Return a row as callers see it."""
        done = {"fraction": 1.0} if row.state == "succeeded" else None
        lived = {
            "result": row.result,
            "error": row.error,
            "progress": done or (live or {}).get(row.id) or row.progress,
            "attempts": attempts(row),
            "awaiting": row.awaiting,
            "worker": row.worker_name,
        }
        return JobResource(**(unlived(row) | lived))

    def document(self, row: JobRow) -> dict[str, Any]:
        """Return a row as callers see it, as values that orjson writes like its model (with OPT_UTC_Z).

        What was only just accepted needs no model: nothing of it has a form of its own.
        """
        if row.version == 1:
            return unlived(row)
        return self.resource(row).model_dump(mode="json")

    async def _find(self, caller: Caller, job_id: UUID) -> JobRow:
        row = await store.find(self._db, Owner.reading(caller), job_id)
        if row is None:
            raise NotFound
        return row

    async def _memory(self, caller: Caller, job_id: UUID) -> Memory:
        row = await self._find(caller, job_id)
        channel = Channel.job(row.id)
        memory = (await self._ephemeral.read([channel])).get(channel, Memory())
        if memory.attempt < row.attempt:  # a new one that has said nothing yet
            return Memory(row.attempt, lines=memory.lines)
        return memory


def unlived(row: JobRow) -> dict[str, Any]:
    """Return the fields of JobResource in its order; those that a life fills are as before it."""
    here = f"/api/jobs/{row.id}"
    return {
        "id": row.id, "kind": row.kind, "state": row.state, "args": row.args,
        "result": None, "error": None, "progress": None,
        "attempt": row.attempt, "failures": row.failures, "max_attempts": row.max_attempts,
        "attempts": [], "priority": row.priority, "queue": row.queue,
        "user": row.user_id, "org": row.org_id, "tags": row.tags, "metadata": row.metadata,
        "parent_id": row.parent_id, "batch_id": row.batch_id,
        "unique_key": row.unique_key, "concurrency_key": row.concurrency_key,
        "deduplicated": None, "awaiting": None,
        "run_at": row.run_at, "created_at": row.created_at, "started_at": row.started_at,
        "finished_at": row.finished_at, "expires_at": row.expires_at,
        "cancel_requested_at": row.cancel_requested_at, "worker": None, "version": row.version,
        "position": None, "eta_seconds": None, "paused": None,
        "links": {
            "self": here, "events": f"{here}/events",
            "cancel": f"{here}/cancel", "retry": f"{here}/retry",
        },
    }  # fmt: skip


def attempts(row: JobRow) -> "list[Attempt]":
    """Fold the history into one entry per go at the job."""
    found: dict[int, dict[str, Any]] = {}
    for entry in row.story:
        number = entry["attempt"]
        if entry["type"] == "job.started":
            found[number] = {
                "attempt": number,
                "started_at": entry["time"],
                "worker": entry["worker"],
            }
        elif "outcome" in entry and number in found:
            found[number] |= {
                "ended_at": entry["time"],
                "outcome": entry["outcome"],
                "error": entry.get("error"),
            }
    return [Attempt(**fields) for fields in found.values()]


def among(relatives: Sequence[UUID], asked: Sequence[UUID]) -> Sequence[UUID]:
    """Return the relatives, only those that are asked for if any are."""
    return [job for job in relatives if job in asked] or NOBODY if asked else relatives


def write_cursor(last: UUID) -> str:
    """Return an opaque cursor behind the job ``last``."""
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def read_cursor(cursor: str) -> UUID:
    """Return the id a cursor stands behind. Raises BadCursor."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
