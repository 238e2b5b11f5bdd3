"""The front of the work: submit, cancel, retry. Record first, then hand over, then announce."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from jobs import store
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.batching import Batcher
from jobs.db import Database
from jobs.errors import NotFound, TooLarge, WrongState
from jobs.ids import uuid7
from jobs.processor import Registry
from jobs.records import Records
from jobs.resource import JobResource
from jobs.settings import JobsSettings
from jobs.storable import refuse_unstorable
from jobs.store import JobRow, NewJob, Owner
from realtime.caller import Caller


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody asks for. ``delay_seconds`` and ``run_at`` say when; neither means now."""

    kind: str
    args: Any
    priority: int = 0
    run_at: datetime | None = None
    delay_seconds: float | None = None
    max_attempts: int | None = None
    timeout_seconds: float | None = None
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Queue:
    """Takes jobs in and takes orders about them."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        registry: Registry,
        line: ArqQueue,
        announcer: Announcer,
        records: Records,
    ) -> None:
        self._settings = settings
        self._db = db
        self._registry = registry
        self._line = line
        self._announcer = announcer
        self._records = records
        self._accepting = Batcher(self._accept, spoiled=(asyncpg.DataError,))

    async def submit(self, caller: Caller, wanted: Submission) -> JobResource:
        """Accept a job; when this returns, it is committed and kept whatever happens.

        Raises UnknownKind, InvalidArgs, TooLarge, Unavailable.
        """
        row = await self._accepting.add(self._new_job(caller, wanted))
        return self._records.resource(row)

    async def cancel(self, caller: Caller, job_id: UUID) -> JobResource:
        """Stop a job: at once if it has not started, else as soon as its processor lets go.

        Cancelling a cancelled job changes nothing. Raises NotFound, WrongState when it has finished
        otherwise, Unavailable.
        """
        changed = await store.cancel(self._db, Owner.writing(caller), [job_id])
        if changed:
            await self._stop(changed[0])
            return self._records.resource(changed[0])
        row = await self._own(caller, job_id)
        if row.final and row.state != "cancelled":
            raise WrongState(row.state, "cancelled")
        return self._records.resource(row)

    async def retry(self, caller: Caller, job_id: UUID) -> JobResource:
        """Queue a failed, cancelled or expired job again. Raises NotFound, WrongState, Unavailable."""
        changed = await store.retry(self._db, Owner.writing(caller), [job_id])
        if not changed:
            raise WrongState((await self._own(caller, job_id)).state, "retried")
        await self._announcer.announce(changed)
        return self._records.resource(changed[0])

    async def drain(self) -> None:
        """Wait for submissions that are on their way to Postgres."""
        await self._accepting.drain()

    def _new_job(self, caller: Caller, wanted: Submission) -> NewJob:
        kind = self._registry[wanted.kind]
        args = kind.parse(wanted.args).model_dump(mode="json", exclude_unset=True)
        if len(orjson.dumps(args)) > self._settings.max_args_bytes:
            raise TooLarge(f"Args may be at most {self._settings.max_args_bytes} bytes of JSON.")
        refuse_unstorable(args, "/args")
        return NewJob(
            id=uuid7(),
            org_id=caller.org,
            user_id=caller.user,
            kind=kind.name,
            args=args,
            max_attempts=wanted.max_attempts or kind.max_attempts,
            timeout_seconds=wanted.timeout_seconds or kind.timeout.total_seconds(),
            priority=wanted.priority,
            run_at=wanted.run_at,
            delay_seconds=wanted.delay_seconds,
            tags=wanted.tags,
            metadata=dict(wanted.metadata),
        )

    async def _accept(self, jobs: Sequence[NewJob]) -> Sequence[JobRow]:
        accepted = await store.accept(self._db, jobs)
        await self._announcer.announce(accepted)
        return accepted

    async def _stop(self, row: JobRow) -> None:
        if row.state == "running":
            await self._line.tell_workers("cancel", str(row.id))
        else:
            await self._line.remove([row.id])
        await self._announcer.publish([row])

    async def _own(self, caller: Caller, job_id: UUID) -> JobRow:
        row = await store.find(self._db, Owner.writing(caller), job_id)
        if row is None:
            raise NotFound
        return row
