"""The Context of an attempt on the bench: what ``jobs.context.Context`` promises, without servers."""

import asyncio
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Literal, ParamSpec, TypeVar, Unpack
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.acceptance import Origin
from jobs.context import Child, ChildOptions, CurrentJob
from jobs.errors import InputTimeout
from jobs.executor import Attempt
from jobs.flow import child_submission, result_of
from jobs.ids import derived_uuid7
from jobs.inputs import request_schema
from jobs.providers import Providers
from jobs.running import Why
from jobs.storable import refuse_unstorable
from jobs.storage import OwnStorage
from jobs.testing.absent import Sessions
from jobs.testing.record import through_json
from jobs.testing.said import Notification, Progress
from jobs.testing.world import World

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class BenchContext:
    """One attempt's hands; see ``jobs.context.Context`` for what each method promises."""

    job: CurrentJob
    attempt: int
    user: str
    org: str
    providers: Providers
    storage: OwnStorage
    sessions: Sessions
    world: World
    this: Attempt
    restored: Any
    made: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this job to stop; a deploy or a lost lease is not that."""
        return self.this.running.why is Why.CANCEL

    def db(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session of the factory that the test brought."""
        return self.sessions()

    async def log(self, message: str, **fields: Any) -> None:
        """Say a line."""
        await self.this.reporter.log(message, fields)
        self.world.voice.of(self.job.id).times.append(self.world.clock.now)

    async def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the work is; every call is kept."""
        await self.this.reporter.progress(fraction, message)
        said = self.this.reporter.latest or {}
        self.world.voice.of(self.job.id).progress.append(Progress(**said, attempt=self.attempt))

    async def output(self, text: str) -> None:
        """Stream text."""
        await self.this.reporter.output(text)

    async def notify(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Tell the owner, once for all attempts."""
        told = dict(data or {})
        refuse_unstorable(told, "/data")
        ident, told = self._next(f"notify.{name}", told), through_json(told)
        self.this.running.told = True
        known = self.world.kept[self.job.id].told
        if ident not in known:
            known.add(ident)
            self.world.record.notice(self.job.id, ident, name, told)
            entry = Notification(name, told, self.attempt, self.world.clock.now)
            self.world.voice.of(self.job.id).notifications.append(entry)

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        """Enqueue a child, or find the one that an earlier attempt enqueued."""
        wanted = child_submission(kind, args, options)
        ident = self._next(f"child.{kind}", wanted.args)
        new = self.world.build(wanted, Origin(job_id=ident, parent_id=self.job.id))
        if ident not in self.world.kept:
            self.world.accept(new)
        return Child(ident, kind)

    async def gather(
        self, children: Iterable[Child], *, failed: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        """Wait for children."""
        wanted, rows = list(children), self.world.record.rows

        def over() -> bool:
            return all(rows[child.id].final for child in wanted if child.id in rows)

        with self.this.running.pausing():
            await self.world.bell.until(over)
        return [result_of(child, rows.get(child.id), failed) for child in wanted]

    async def wait_for_input(
        self,
        model: type[M],
        timeout: timedelta | None = None,  # noqa: ASYNC109 - the protocol's
        prompt: str = "",
    ) -> M:
        """Wait for the test's answer; the bench lets none in that does not fit."""
        self.asked += 1
        number, answers = self.asked, self.world.kept[self.job.id].answers
        if number not in answers:
            asking = {"number": number, "prompt": prompt, "schema": request_schema(model)}
            asking |= {"until": self.world.clock.now + timeout} if timeout is not None else {}
            self.world.ask(self.job.id, model, asking)
            await self._answer(number, timeout)
        return model.model_validate(answers[number])

    async def checkpoint(self, data: Any) -> None:
        """Save JSON for a later attempt."""
        refuse_unstorable(data, "/checkpoint")
        self.world.kept[self.job.id].checkpoint = through_json(data)

    async def sleep(self, seconds: float) -> None:
        """Wait on the bench's clock."""
        await asyncio.sleep(seconds)

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the function in a thread, pickled as it would be for a process."""
        call = pickle.dumps(partial(fn, *args, **kwargs))
        answer = await asyncio.to_thread(lambda: pickle.dumps(pickle.loads(call)()))  # noqa: S301 - our own
        return pickle.loads(answer)  # type: ignore[no-any-return]  # noqa: S301 - our own

    async def _answer(self, number: int, timeout: timedelta | None) -> None:  # noqa: ASYNC109
        answers = self.world.kept[self.job.id].answers
        seconds = None if timeout is None else timeout.total_seconds()
        try:
            with self.this.running.pausing():
                async with asyncio.timeout(seconds):
                    await self.world.bell.until(lambda: number in answers)
        except TimeoutError:
            self.world.give_up(self.job.id)
            raise InputTimeout from None

    def _next(self, name: str, data: Any) -> UUID:
        """Return the id of the next thing of its sort: what it is, and how many came before."""
        same = name + orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        self.made[same] += 1
        return derived_uuid7(self.job.id, f"{same}.{self.made[same]}")
