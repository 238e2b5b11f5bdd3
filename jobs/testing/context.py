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

import orjson
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.context import Child, ChildOptions, CurrentJob
from jobs.errors import ChildFailed, InputTimeout
from jobs.executor import Attempt
from jobs.providers import Providers
from jobs.queue import Submission
from jobs.storable import refuse_unstorable
from jobs.storage import OwnStorage
from jobs.testing.absent import Sessions
from jobs.testing.kept import Name, Question
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
    made: Counter[tuple[str, str, bytes]] = field(default_factory=Counter)
    asked: int = 0

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked this attempt to end."""
        return self.this.running.why is not None

    def db(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session of the factory that the test brought."""
        return self.sessions()

    async def log(self, message: str, **fields: Any) -> None:
        """Say a line."""
        self.world.voice.of(self.job.id).times.append(self.world.clock.now)
        await self.this.reporter.log(message, fields)

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
        refuse_unstorable(dict(data or {}), "/data")
        key = self._next("notify", name, data or {})
        told = self.world.kept[self.job.id].told
        if key not in told:
            told.add(key)
            entry = Notification(name, through_json(data or {}), self.attempt, self.world.clock.now)
            self.world.voice.of(self.job.id).notifications.append(entry)

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        """Enqueue a child, or find the one that an earlier attempt enqueued."""
        new = self.world.build(child(kind, args, options))
        key = self._next("child", kind, new.args)
        children = self.world.kept[self.job.id].children
        if key not in children:
            children[key] = Child(new.id, kind)
            self.world.accept(new, parent=self.job.id)
        return children[key]

    async def gather(
        self, children: Iterable[Child], *, failed: Literal["raise", "return"] = "raise"
    ) -> list[Any]:
        """Wait for children."""
        wanted, rows = list(children), self.world.record.rows
        with self.this.running.pausing():
            await self.world.bell.until(lambda: all(rows[child.id].final for child in wanted))
        results = [self._result(child) for child in wanted]
        for result in results:
            if failed == "raise" and isinstance(result, ChildFailed):
                raise result
        return results

    async def wait_for_input(
        self,
        model: type[M],
        timeout: timedelta | None = None,  # noqa: ASYNC109 - the protocol's
        prompt: str = "",
    ) -> M:
        """Wait for the test's answer; the bench lets none in that does not fit."""
        self.asked += 1
        answers = self.world.kept[self.job.id].answers
        if self.asked not in answers:
            until = self.world.clock.now + timeout if timeout is not None else None
            await self._answered(Question(self.asked, prompt, model, until), timeout)
        return model.model_validate(answers[self.asked])

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

    async def _answered(self, question: Question, timeout: timedelta | None) -> None:  # noqa: ASYNC109
        kept = self.world.kept[self.job.id]
        self.world.ask(self.job.id, question)
        seconds = None if timeout is None else timeout.total_seconds()
        try:
            with self.this.running.pausing():
                async with asyncio.timeout(seconds):
                    await self.world.bell.until(lambda: question.number in kept.answers)
        except TimeoutError:
            self.world.ask(self.job.id, None)
            raise InputTimeout from None

    def _next(self, sort: str, name: str, data: Any) -> Name:
        """Return what names the next thing of its sort: what it is, and how many came before."""
        same = sort, name, orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
        self.made[same] += 1
        return *same, self.made[same]

    def _result(self, child: Child) -> Any:
        row = self.world.record.rows[child.id]
        if row.state == "succeeded":
            return row.result
        return ChildFailed(child.id, child.kind, row.state, row.error)


def child(
    kind: str, args: BaseModel | Mapping[str, Any] | None, options: ChildOptions
) -> Submission:
    """Return what a processor asks for as what a caller would; limits are not played."""
    wanted: dict[str, Any] = {**options}
    wanted.pop("concurrency_key", None)
    for option, field_name in (("delay", "delay_seconds"), ("timeout", "timeout_seconds")):
        if option in wanted:
            wanted[field_name] = wanted.pop(option).total_seconds()
    return Submission(kind, args, **wanted)
