"""The Context of an attempt on the bench: what ``jobs.context.Context`` promises, without servers."""

import asyncio
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
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
from jobs.testing.kept import Question
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
    enqueued: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    asked: int = 0
    pauses: int = 0
    left: float | None = None

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
        key = name, orjson.dumps(data or {}, option=orjson.OPT_SORT_KEYS)
        told = self.world.kept[self.job.id].told
        if key not in told:
            told.add(key)
            entry = Notification(name, orjson.loads(key[1]), self.attempt, self.world.clock.now)
            self.world.voice.of(self.job.id).notifications.append(entry)

    async def enqueue(
        self,
        kind: str,
        args: BaseModel | Mapping[str, Any] | None = None,
        **options: Unpack[ChildOptions],
    ) -> Child:
        """Enqueue a child, or find the one that an earlier attempt enqueued."""
        new = self.world.build(child(kind, args, options))
        same = kind, orjson.dumps(new.args, option=orjson.OPT_SORT_KEYS)
        key = *same, self.enqueued[same]
        self.enqueued[same] += 1
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
        with self.paused():
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
        """Wait for the test's answer."""
        self.asked += 1
        number, answers = self.asked, self.world.kept[self.job.id].answers
        if number not in answers:
            until = self.world.clock.now + timeout if timeout is not None else None
            question = Question(number, prompt, model, until)
            await self._answered(question, timeout)
        return model.model_validate(answers[number])

    async def checkpoint(self, data: Any) -> None:
        """Save JSON for a later attempt."""
        refuse_unstorable(data, "/data")
        self.world.kept[self.job.id].checkpoint = through_json(data)

    async def sleep(self, seconds: float) -> None:
        """Wait on the bench's clock."""
        await asyncio.sleep(seconds)

    async def run_in_process(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the function in a thread, pickled as it would be for a process."""
        call = pickle.dumps(partial(fn, *args, **kwargs))
        answer = await asyncio.to_thread(lambda: pickle.dumps(pickle.loads(call)()))  # noqa: S301 - our own
        return pickle.loads(answer)  # type: ignore[no-any-return]  # noqa: S301 - our own

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let time pass that does not count towards the attempt's time-out."""
        limit, loop = self.this.running.limit, asyncio.get_running_loop()
        self.pauses += 1
        if self.pauses == 1 and limit is not None and (when := limit.when()) is not None:
            self.left = when - loop.time()
            limit.reschedule(None)
        try:
            yield
        finally:
            self.pauses -= 1
            if not self.pauses and limit is not None and self.left is not None:
                limit.reschedule(loop.time() + self.left)

    async def _answered(self, question: Question, timeout: timedelta | None) -> None:  # noqa: ASYNC109
        job_id = self.job.id
        kept = self.world.kept[job_id]
        self.world.ask(job_id, question)
        seconds = None if timeout is None else timeout.total_seconds()
        try:
            with self.paused():
                async with asyncio.timeout(seconds):
                    await self.world.bell.until(lambda: question.number in kept.answers)
        except TimeoutError:
            raise InputTimeout from None
        finally:
            kept.awaiting = None

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
