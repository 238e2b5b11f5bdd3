"""One attempt's ties to others: children it enqueues and waits for, people it asks, what it leaves behind.

Everything is named after what it is, not after the attempt that does it: the second child of a kind with
the same args, the third request for input. So a later attempt finds what an earlier one began.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from jobs import store
from jobs.acceptance import Acceptance, Origin, Submission
from jobs.announcer import Announcer
from jobs.context import Child, ChildOptions
from jobs.db import Database
from jobs.errors import ChildFailed, Held, InputTimeout, Unavailable
from jobs.ids import derived_uuid7
from jobs.inputs import complaint, request_schema
from jobs.running import Running
from jobs.storable import refuse_unstorable
from jobs.store import JobRow
from jobs.supervision import wait_until
from jobs.wire_json import moment
from realtime.caller import Caller

M = TypeVar("M", bound=BaseModel)

JOIN_SECONDS = 0.02
POSTPONED = timedelta(seconds=5)


class Flow:
    """What ``Context.notify``, ``enqueue``, ``gather``, ``wait_for_input`` and ``checkpoint`` do."""

    def __init__(
        self,
        db: Database,
        acceptance: Acceptance,
        announcer: Announcer,
        row: JobRow,
        running: Running,
    ) -> None:
        self._db = db
        self._acceptance = acceptance
        self._announcer = announcer
        self._row = row
        self._running = running
        self._seen: dict[str, int] = {}
        self._asked = 0

    async def notify(self, name: str, data: Mapping[str, Any]) -> None:
        """Put an entry into the owner's inbox, once."""
        told = dict(data)
        refuse_unstorable(told, "/data")
        entry = derived_uuid7(self._row.id, self._next(f"notify.{name}", told))
        if (found := await store.notice(self._db, self._running.fence, entry, name, told)) is None:
            return
        await self._announcer.publish_notice(found)

    async def enqueue(
        self, kind: str, args: BaseModel | Mapping[str, Any] | None, options: ChildOptions
    ) -> Child:
        """Enqueue a child, or find it."""
        row = self._row
        owner = Caller(row.user_id, row.org_id, frozenset({"jobs:write"}))
        wanted = child_submission(kind, args, options)
        name = self._next(f"child.{kind}", wanted.args)
        origin = Origin(job_id=derived_uuid7(row.id, name), parent_id=row.id)
        job = self._acceptance.build(owner, wanted, origin)
        await self._acceptance.take_once(job, looked=row.attempt == 1)
        return Child(job.id, kind)

    async def gather(
        self, children: Sequence[Child], *, failed: Literal["raise", "return"]
    ) -> list[Any]:
        """Wait until all children are over."""
        ids = [child.id for child in children]

        async def over() -> bool:
            return not await store.any_unfinished(self._db, ids)

        await self._until(over)
        rows = await store.by_ids(self._db, ids)
        return [result_of(child, rows.get(child.id), failed) for child in children]

    async def wait_for_input(self, model: type[M], wait: timedelta | None, prompt: str) -> M:
        """Ask until an answer fits."""
        refused: dict[str, Any] = {}
        until = datetime.now(UTC) + wait if wait is not None else None
        while True:
            self._asked += 1
            data = await self._answer(model, until, prompt, refused)
            try:
                return model.model_validate(data)
            except ValidationError as error:  # what a JSON schema cannot say
                refused = complaint(error)

    async def checkpoint(self, data: Any) -> None:
        """Keep JSON for later attempts."""
        refuse_unstorable(data, "/checkpoint")
        await store.save(self._db, self._running.fence, data)

    async def _answer(
        self, model: type[BaseModel], until: datetime | None, prompt: str, refused: dict[str, Any]
    ) -> Any:
        number = self._asked
        there, data = await store.answered(self._db, self._row.id, number)
        if there:
            return data
        asking = {"number": number, "prompt": prompt, "schema": request_schema(model)}
        asking |= refused | ({"until": moment(until)} if until else {})
        await self._tell(await store.ask(self._db, self._running.fence, asking))

        async def over() -> bool:
            return (await store.answered(self._db, self._row.id, number))[0]

        if not await self._until(over, until):
            await self._tell(await store.ask(self._db, self._running.fence, None))
        there, data = await store.answered(self._db, self._row.id, number)
        if not there:  # an answer at the last moment counts: whoever gave it was told so
            raise InputTimeout
        return data

    async def _tell(self, changed: JobRow | None) -> None:
        if changed is not None:
            await self._announcer.announce([changed])

    async def _until(
        self, over: Callable[[], Awaitable[bool]], until: datetime | None = None
    ) -> bool:
        """Wait, parked, until ``over``; False when ``until`` came first. Woken by word or heartbeat."""
        if await over():
            return True
        async with self._parked():
            while True:
                left = (until - datetime.now(UTC)).total_seconds() if until else float("inf")
                if left <= 0:
                    return await over()
                await wait_until(self._running.woken, min(left, 60.0))
                await asyncio.sleep(JOIN_SECONDS)  # many children that end together are one look
                self._running.woken.clear()
                with suppress(Unavailable):  # looked at again with the next heartbeat
                    if await over():
                        return True

    @asynccontextmanager
    async def _parked(self) -> AsyncIterator[None]:
        """Give the slots back while the attempt waits for others."""
        running = self._running
        if not running.may_park():
            raise Held(POSTPONED, "Too many attempts wait on this worker.")
        slots, running.slots = running.slots, []
        with running.pausing():
            if slots:
                await store.park(self._db, running.fence)
            await running.freed(slots)
            yield
        if slots:
            await store.unpark(self._db, running.fence, slots)
            running.slots = slots

    def _next(self, name: str, data: Any) -> str:
        """Return the name of the next thing of its sort: by what it is, and how many came before."""
        digest = sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
        count = self._seen[name + digest] = self._seen.get(name + digest, 0) + 1
        return f"{name}.{digest}.{count}"


def child_submission(
    kind: str, args: BaseModel | Mapping[str, Any] | None, options: ChildOptions
) -> Submission:
    """Return a child as a submission."""
    plain = (
        args.model_dump(mode="json", exclude_unset=True) if isinstance(args, BaseModel) else args
    )
    delay, limit = options.get("delay"), options.get("timeout")
    return Submission(
        kind,
        dict(plain or {}),
        priority=options.get("priority", 0),
        delay_seconds=delay.total_seconds() if delay else None,
        max_attempts=options.get("max_attempts"),
        timeout_seconds=limit.total_seconds() if limit else None,
        concurrency_key=options.get("concurrency_key"),
        tags=options.get("tags", ()),
        metadata=options.get("metadata", {}),
        notify=options.get("notify", False),
    )


def result_of(child: Child, row: JobRow | None, failed: Literal["raise", "return"]) -> Any:
    """Return a child's result, or its failure. Raises ChildFailed."""
    if row is not None and row.state == "succeeded":
        return row.result
    state, error = (row.state, row.error) if row is not None else ("deleted", None)
    failure = ChildFailed(child.id, child.kind, state, error)
    if failed == "raise":
        raise failure
    return failure
