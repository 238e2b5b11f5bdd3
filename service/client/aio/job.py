"""One job: waited for, watched, its text streamed; stopped, tried again, answered."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from service.client.aio.listening import frames
from service.client.aio.wire import AsyncWire
from service.client.errors import ENDINGS, JobcastError
from service.client.happenings import Ended, Happening, Piece, Printed
from service.client.models import FINAL, JobResource, JobState
from service.client.patience import Deadline
from service.client.place import Place, passing
from service.client.request import Request, path
from service.client.story import Frame, Story, Text


class AsyncJob:
    """A job. ``current`` is what was last heard of it."""

    def __init__(self, wire: AsyncWire, current: JobResource) -> None:
        self._wire = wire
        self.current = current

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind} {self.id} {self.state}>"

    @property
    def id(self) -> str:
        """Return its id."""
        return self.current.id

    @property
    def kind(self) -> str:
        """Return its kind."""
        return self.current.kind

    @property
    def state(self) -> JobState:
        """Return the state it was last heard to be in."""
        return self.current.state

    @property
    def result(self) -> Any:
        """Return the result it was last heard to have; None before it has one."""
        return self.current.result

    async def wait(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as everybody calls it
        """Return the result when the job has succeeded.

        Raises JobFailed, JobCancelled or JobExpired when it ended otherwise, WaitTimeout after
        ``timeout`` seconds (the job goes on), UnreachableError when the server is gone for two minutes.
        """
        return result_of(await self.end(timeout))

    async def end(self, timeout: float | None = None) -> JobResource:  # noqa: ASYNC109 - as everybody calls it
        """Return the job in its final state, whichever that is. Raises WaitTimeout."""
        deadline = Deadline(timeout)
        if self.state in FINAL:
            return self.current
        async with aclosing(self._told(deadline)) as told:
            async for happening in told:
                if isinstance(happening, Ended):
                    return self.current
        raise deadline.error()

    async def watch(self) -> AsyncGenerator[Happening, None]:
        """Yield what happens to the job, each thing once, ``Ended`` last.

        Comes back by itself after every cut (``Cut``) and goes on where it was.
        """
        async with aclosing(self._told(Deadline())) as told:
            async for happening in told:
                yield happening

    async def stream(self) -> AsyncGenerator[Piece, None]:
        """Yield the output as it comes, nothing lost or repeated, however often the line is cut.

        A new attempt starts its output again: that piece is ``afresh``, replace what was shown. Raises
        as ``wait`` does when the job ends without success.
        """
        async with aclosing(self._told(Deadline())) as told:
            async for happening in told:
                if isinstance(happening, Printed):
                    yield Piece(happening.text, afresh=happening.afresh)
        result_of(self.current)

    async def refresh(self) -> JobResource:
        """Read the job as it is now."""
        return self._take(await self._wire.ask(Request("GET", self._path())))

    async def cancel(self) -> JobResource:
        """Stop it: at once when it has not started, soon when it runs. Refused (409) when it is over."""
        return self._take(await self._wire.ask(Request("DELETE", self._path())))

    async def retry(self) -> JobResource:
        """Run it again. Refused (409) unless it failed, was cancelled or expired."""
        asked = Request("POST", self._path("retry"), repeatable=False)
        return self._take(await self._wire.ask(asked))

    async def answer(self, data: Any) -> JobResource:
        """Hand it the input it waits for. Refused (422) unless it fits, (409) when it waits for none."""
        asked = Request("POST", self._path("input"), json=data, repeatable=False)
        return self._take(await self._wire.ask(asked))

    async def output(self) -> str:
        """Return the text of its latest attempt so far, as much of the end as is kept (1 MiB)."""
        return (await self._text()).data.decode(errors="replace")

    async def logs(self) -> list[dict[str, Any]]:
        """Return its newest log lines, of all attempts, oldest first."""
        found: list[dict[str, Any]] = (await self._wire.ask(Request("GET", self._path("logs"))))[
            "data"
        ]
        return found

    async def events(self, *, children: bool = False) -> list[dict[str, Any]]:
        """Return what happened to it, and with ``children`` to them, oldest first."""
        query = [("children", "1")] if children else []
        answer = await self._wire.ask(Request("GET", self._path("events"), query))
        found: list[dict[str, Any]] = answer["data"]
        return found

    async def _told(self, deadline: Deadline) -> AsyncGenerator[Happening, None]:
        """Yield what happens until it ends or the time is up; ``current`` is whole at the end."""
        story, place = Story(), Place(self._wire.way, known=True, deadline=deadline)
        async with aclosing(frames(self._wire, [f"job:{self.id}"], place)) as heard:
            async for frame in heard:
                for happening in await self._news(story, frame):
                    yield happening
                    if isinstance(happening, Ended):
                        return
        if place.ended:
            async for happening in self._read_end(story):
                yield happening

    async def _read_end(self, story: Story) -> AsyncGenerator[Happening, None]:
        """Yield the end of a job that nothing more is told of. Raises JobcastError if it has none."""
        frame = Frame("snapshot", {"state": {"job": (await self.refresh()).raw}})
        for happening in await self._news(story, frame):
            yield happening
        if self.state not in FINAL:
            raise JobcastError("The event stream ended before the job did.")

    async def _news(self, story: Story, frame: Frame) -> list[Happening]:
        """Return what is new in a frame, behind what was missed before it, if that can be had."""
        missed: list[Happening] = []
        try:
            if story.lacks_lines(frame):
                missed += story.fill_lines(await self.logs())
            if story.lacks_text(frame):
                missed += story.fill_text(await self._text())
        except JobcastError as error:
            if not passing(error):
                raise
        return [*missed, *[await self._whole(one) for one in story.tell(frame)]]

    async def _whole(self, happening: Happening) -> Happening:
        """Return an ending with the whole job, which an event does not always bring."""
        if not isinstance(happening, Ended):
            return happening
        if happening.job is None:
            return Ended(happening.state, await self.refresh())
        self.current = happening.job
        return happening

    async def _text(self) -> Text:
        """Return the output so far, and where it ends."""
        answer = await self._wire.send(Request("GET", self._path("output")))
        position = int(answer.headers.get("jobcast-position") or len(answer.content))
        attempt = int(answer.headers.get("jobcast-attempt") or self.current.attempt)
        return Text(answer.content, attempt, position)

    def _take(self, raw: Any) -> JobResource:
        """Remember what was heard."""
        self.current = JobResource(raw)
        return self.current

    def _path(self, *more: str) -> str:
        """Return where it lives."""
        return path("jobs", self.id, *more)


def result_of(job: JobResource) -> Any:
    """Return a job's result. Raises what its ending is, if it is no success."""
    if job.state in ENDINGS:
        raise ENDINGS[job.state](job)
    return job.result
