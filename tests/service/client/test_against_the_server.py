"""The client against the real product: cut lines, restarts, proxies that hold streams back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from service.client import (
    Asked,
    AsyncJobcast,
    Cut,
    Ended,
    Happening,
    JobCancelled,
    Jobcast,
    JobFailed,
    Printed,
    RefusedError,
    StateChanged,
    WaitTimeout,
    mint_token,
    patience,
)
from service.client import place as places
from service.dev.redis_server import RedisServer
from service.server import Server, server_of
from service.settings import ServiceSettings
from tests.e2e.proxy import Proxy, proxy
from tests.service.conftest import SECRET, address, serving, url
from tests.service.work import at_work

WORDS = 24
SAID = "".join(f"[1:{number}] " for number in range(WORDS))
SLOWLY = {"words": WORDS, "pause": 0.05}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT_SECONDS", 0.05)


@pytest.fixture
def token() -> str:
    scopes = "jobs:read jobs:write schedules:write webhooks:write keys:write"
    return mint_token(SECRET, user="ann", scopes=scopes)


@pytest.fixture
async def ann(server: Server, token: str) -> AsyncIterator[AsyncJobcast]:
    async with AsyncJobcast(url(server), token) as jobcast, at_work(server.app):
        yield jobcast


@asynccontextmanager
async def behind(server: Server, token: str) -> AsyncIterator[tuple[AsyncJobcast, Proxy]]:
    """Give a client whose line leads through a proxy."""
    async with (
        proxy(address(server)[1]) as between,
        AsyncJobcast(between.address, token) as jobcast,
        at_work(server.app),
    ):
        yield jobcast, between


class Heard(list[Happening]):
    """What was told so far, by a job that is watched in the background."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    async def listen(self, happenings: AsyncIterator[Happening]) -> None:
        """Take everything to the end."""
        async for happening in happenings:
            self.append(happening)
            self._news.set()

    async def until(self, kind: type[Happening]) -> None:
        """Wait until something of this kind was heard."""
        async with asyncio.timeout(30):
            while not any(isinstance(one, kind) for one in self):
                self._news.clear()
                await self._news.wait()


def states(told: list[Happening]) -> list[str]:
    return [one.state for one in told if isinstance(one, StateChanged)]


def text(told: list[Happening]) -> str:
    return "".join(one.text for one in told if isinstance(one, Printed))


async def test_a_job_is_submitted_waited_for_and_watched(ann: AsyncJobcast) -> None:
    done = await ann.submit("echo", {"value": 7})
    failing = await ann.submit("flaky", {"times": 9}, max_attempts=1)
    told = [one async for one in (await ann.submit("flaky", {"times": 1})).watch()]

    assert await done.wait(30) == {"value": 7}
    assert (await done.end(), done.result) == (done.current, {"value": 7})
    with pytest.raises(JobFailed, match="not this time") as failure:
        await failing.wait(30)
    assert failure.value.job.failures == 1
    assert states(told)[-1] == "succeeded"
    assert "retrying" in states(told)
    assert [type(one) for one in told].count(Ended) == 1
    assert isinstance(told[-1], Ended)


async def test_waiting_ends_in_time_and_the_job_goes_on(ann: AsyncJobcast) -> None:
    job = await ann.submit("slow", {"seconds": 60})
    begun = asyncio.get_running_loop().time()

    with pytest.raises(WaitTimeout, match=r"within 0\.4 s"):
        await job.wait(0.4)

    assert asyncio.get_running_loop().time() - begun < 5
    assert (await job.refresh()).state in {"queued", "running"}
    await job.cancel()
    with pytest.raises(JobCancelled):
        await job.wait(30)


async def test_text_comes_whole_and_once_though_the_line_is_cut_again_and_again(
    server: Server, token: str
) -> None:
    async with behind(server, token) as (jobcast, between):
        between.cuts_after = 3
        job = await jobcast.submit("stream", SLOWLY)

        told = [one async for one in job.watch()]

    assert text(told) == SAID
    assert sum(isinstance(one, Cut) for one in told) >= 2
    assert states(told).count("succeeded") == 1
    assert between.asked["/api/events"] >= 3


async def test_a_new_attempt_starts_its_text_afresh(ann: AsyncJobcast) -> None:
    job = await ann.submit("stream", {"words": 6, "pause": 0.01, "fail_first": True})

    pieces = [piece async for piece in job.stream()]

    shown = ""
    for piece in pieces:
        shown = piece if piece.afresh else shown + piece
    assert shown == "".join(f"[2:{number}] " for number in range(6))
    assert isinstance(pieces[0], str)


async def test_where_streams_are_held_back_it_polls(
    server: Server, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SILENCE_SECONDS", 0.6)
    async with behind(server, token) as (jobcast, between):
        between.holds_streams_back = True
        job = await jobcast.submit("stream", SLOWLY)

        told = [one async for one in job.watch()]
        again = await (await jobcast.submit("echo", {"value": 1})).wait()

    assert (text(told), again) == (SAID, {"value": 1})
    assert between.asked["/api/events"] == 1
    assert between.asked["/api/events/poll"] >= 3


async def test_a_server_that_restarts_in_the_middle_is_waited_for(
    service_settings: ServiceSettings, token: str
) -> None:
    first = server_of(service_settings)
    async with serving(first):
        port = address(first)[1]
        second = server_of(service_settings.model_copy(update={"port": port}))
        jobcast = AsyncJobcast(url(first), token)
        job = await jobcast.submit("stream", {"words": WORDS, "pause": 0.1})
        heard = Heard()
        watching = asyncio.create_task(heard.listen(job.watch()))
        await heard.until(StateChanged)
    async with serving(second), at_work(second.app):
        late = asyncio.create_task(jobcast.submit("echo", {"value": 2}))
        await watching
        assert await (await late).wait(30) == {"value": 2}
        await jobcast.aclose()

    assert text(heard) == SAID
    assert any(isinstance(one, Cut) for one in heard)
    assert states(heard)[-1] == "succeeded"


async def test_redis_that_restarts_in_the_middle_costs_nothing(
    ann: AsyncJobcast, redis_server: RedisServer
) -> None:
    job = await ann.submit("stream", {"words": WORDS, "pause": 0.1})
    heard = Heard()
    watching = asyncio.create_task(heard.listen(job.watch()))
    await heard.until(Printed)

    await redis_server.restart()
    late = await ann.submit("echo", {"value": 3})
    await watching

    assert text(heard).endswith(f"[1:{WORDS - 1}] ")
    assert states(heard).count("succeeded") == 1
    assert await late.wait(30) == {"value": 3}


async def test_a_submission_whose_answer_is_lost_is_one_job(server: Server, token: str) -> None:
    async with behind(server, token) as (jobcast, between):
        between.loses_answers = 2
        job = await jobcast.submit("echo", {"value": 5}, tags=["lost"])
        found = [one.id async for one in jobcast.jobs(tag="lost")]

    assert between.asked["/api/jobs"] >= 3
    assert found == [job.id]


async def test_a_batch_is_complete_when_all_have_ended(ann: AsyncJobcast) -> None:
    jobs = [("echo", {"value": n}) for n in range(5)]
    batch = await ann.batch([*jobs, {"kind": "flaky", "args": {"times": 9}, "max_attempts": 1}])

    fractions = [one.progress.fraction async for one in batch.watch()]
    whole = await batch.wait(30)
    again = await (await ann.find_batch(batch.id)).wait(30)

    assert whole.counts["succeeded"] == 5
    assert whole.counts["failed"] == 1
    assert fractions == sorted(fractions)
    assert (again.counts, again.completed_at) == (whole.counts, whole.completed_at)
    assert len([one async for one in ann.jobs(batch=batch.id)]) == len(batch.job_ids) == 6
    with pytest.raises(WaitTimeout):
        await (await ann.batch([("slow", {"seconds": 60})])).wait(0.2)


async def test_input_is_asked_for_and_handed_in(ann: AsyncJobcast) -> None:
    job = await ann.submit("ask")

    async for happening in job.watch():
        if isinstance(happening, Asked):
            with pytest.raises(RefusedError, match="/approved"):
                await job.answer({})
            await job.answer({"approved": True, "amount": 2})

    assert job.result == [{"approved": True, "amount": 2}]


def everything(address: str, token: str) -> dict[str, Any]:
    """Use all of the synchronous client; return what it found."""
    with Jobcast(address, token) as jobcast:
        upload = jobcast.upload(b"some bytes", name="Ü.txt")
        hook = jobcast.webhooks.create("https://example.com/hook", ["job.failed"])
        jobcast.schedules.put(
            "daily", "echo", {"value": 1}, cron="0 8 * * *", timezone="Europe/Berlin"
        )
        key = jobcast.keys.create("ci", ["jobs:read"])
        with Jobcast(address, key.key) as reader:
            reads = [job.kind for job in reader.jobs(limit=1)]
        job = jobcast.submit("stream", {"words": 3, "pause": 0})
        found = {
            "text": "".join(job.stream()),
            "upload": jobcast.find_upload(upload.id).name,
            "hooks": [one.url for one in jobcast.webhooks.list()],
            "disabled": jobcast.webhooks.change(hook.id, enabled=False).enabled,
            "rotated": jobcast.webhooks.rotate(hook.id).secret != hook.secret,
            "schedules": [one.key for one in jobcast.schedules.list()],
            "ticks": len(jobcast.schedules.preview("daily", 3).data),
            "paused": jobcast.schedules.pause("daily").paused,
            "run": jobcast.schedules.run("daily").wait(30),
            "kind": jobcast.kind("echo").kind,
            "kinds": len(jobcast.kinds()) > 10,
            "queues": jobcast.queues().data[0].name,
            "stats": {one.kind for one in jobcast.stats().kinds},
            "logs": [line["message"] for line in job.logs()],
            "output": job.output(),
            "events": [one["type"] for one in job.events()][-1],
            "unread": jobcast.inbox.read().unread,
            "me": jobcast.whoami().user,
            "ticket": jobcast.ticket().expires_in,
            "deleted": jobcast.bulk("delete", kind="stream").matched,
            "heard": next(iter(jobcast.listen("me"))).name,
            "preferences": "timezone" in jobcast.call("GET", "/api/preferences"),
        }
        jobcast.webhooks.delete(hook.id)
        jobcast.schedules.delete("daily")
        jobcast.keys.revoke(key.id)
        return found | {"keys": len(jobcast.keys.list()), "reads": reads}


async def test_all_of_the_api_is_there_without_asyncio_too(
    ann: AsyncJobcast, server: Server, token: str
) -> None:
    found = await asyncio.to_thread(everything, url(server), token)

    assert found == {
        "text": "[1:0] [1:1] [1:2] ", "upload": "Ü.txt", "hooks": ["https://example.com/hook"],
        "disabled": False, "rotated": True, "schedules": ["daily"], "ticks": 3, "paused": True,
        "run": {"value": 1}, "kind": "echo", "kinds": True, "queues": "default",
        "stats": {"stream", "echo"}, "logs": ["a word"] * 3, "output": "[1:0] [1:1] [1:2] ",
        "events": "job.succeeded", "unread": 0, "me": "ann", "ticket": 30, "deleted": 1,
        "heard": "welcome", "preferences": True, "keys": 0, "reads": [],
    }  # fmt: skip
