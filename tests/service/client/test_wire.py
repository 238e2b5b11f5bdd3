"""Requests on a played network: what is sent again, what never, and what is said when nothing helps."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.client import (
    AsyncJobcast,
    Ended,
    Jobcast,
    JobcastError,
    Logged,
    Printed,
    RefusedError,
    UnreachableError,
    patience,
)
from tests.service.commands.speaker import ID, job, snapshot, sse

Answer = httpx2.Response | Exception


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT_SECONDS", 0.0)


class Network:
    """Gives the answers that were written down, one a request, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def client(self, **options: Any) -> Jobcast:
        """Return a client on this network."""
        options = {"token": "t0ken", **options}
        return Jobcast("http://jobs.test", transport=httpx2.MockTransport(self.answer), **options)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Give the next answer."""
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(status: int, body: Any = None, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


LOST = httpx2.ReadError("the line broke")
AWAY = httpx2.ConnectError("nobody listens")


def test_a_submission_whose_answer_was_lost_is_sent_again_under_the_same_key() -> None:
    network = Network(
        LOST, says(409, {"code": "key_in_use"}, **{"retry-after": "0"}), says(202, job())
    )

    with network.client() as jobcast:
        found = jobcast.submit("echo", {"value": 1}, tags=["a"], delay=5)

    keys = {request.headers["idempotency-key"] for request in network.asked}
    bodies = [json.loads(request.content) for request in network.asked]
    assert found.id == ID
    assert len(keys) == 1
    assert len(keys.pop()) == 36
    assert bodies == [{"kind": "echo", "args": {"value": 1}, "tags": ["a"], "delay": 5}] * 3


def test_two_submissions_have_two_keys_and_one_may_be_given() -> None:
    network = Network(says(202, job()), says(202, job()), says(202, job()))

    with network.client() as jobcast:
        jobcast.submit("echo")
        jobcast.submit("echo")
        jobcast.submit("echo", idempotency_key="mine", wait=60)

    keys = [request.headers["idempotency-key"] for request in network.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"
    assert network.asked[2].headers["prefer"] == "wait=25"


def test_a_full_server_is_asked_again_and_again_until_patience_ends() -> None:
    network = Network(*[says(429, {"code": "rate_limited"}, **{"retry-after": "0"})] * 3)

    with network.client(retries=2) as jobcast, pytest.raises(RefusedError) as refusal:
        jobcast.submit("echo")

    assert (refusal.value.status, refusal.value.code) == (429, "rate_limited")
    assert refusal.value.retry_after == 0
    assert len(network.asked) == 3


@pytest.mark.parametrize(
    "ask",
    [
        lambda jobcast: jobcast.retry(ID),
        lambda jobcast: jobcast.keys.create("ci"),
        lambda jobcast: jobcast.webhooks.test(ID),
        lambda jobcast: jobcast.upload(b"x"),
        lambda jobcast: jobcast.call("POST", "/api/anything", json={}),
    ],
    ids=["retry", "key", "webhook test", "upload", "anything"],
)
def test_what_may_not_happen_twice_is_not_sent_twice(ask: Callable[[Jobcast], Any]) -> None:
    network = Network(LOST, says(202, {}))

    with network.client() as jobcast, pytest.raises(UnreachableError) as error:
        ask(jobcast)

    assert error.value.sent
    assert len(network.asked) == 1


def test_what_never_left_is_sent_again_whatever_it_is() -> None:
    network = Network(AWAY, AWAY, says(202, job("queued")))

    with network.client() as jobcast:
        assert jobcast.retry(ID).state == "queued"


def test_nobody_there_is_one_sentence() -> None:
    network = Network(*[AWAY] * 3)

    with network.client(retries=2) as jobcast, pytest.raises(UnreachableError) as error:
        jobcast.job(ID)

    assert str(error.value) == "Cannot reach http://jobs.test (nobody listens)."
    assert not error.value.sent


def test_a_refusal_tells_where_and_keeps_the_request_id() -> None:
    problem = {
        "detail": "The args do not fit.", "code": "invalid_args", "request_id": "r1",
        "errors": [{"pointer": "/args/url", "detail": "Field required"}],
    }  # fmt: skip
    network = Network(says(422, problem))

    with network.client() as jobcast, pytest.raises(RefusedError) as refusal:
        jobcast.submit("echo")

    assert str(refusal.value) == "The args do not fit. /args/url: Field required (422)"
    assert (refusal.value.request_id, refusal.value.errors) == ("r1", problem["errors"])


def test_a_token_may_be_a_function_that_is_asked_for_each_request() -> None:
    tokens = iter(["one", "two"])
    network = Network(says(200, job()), says(200, job()))

    with network.client(token=lambda: next(tokens)) as jobcast:
        jobcast.job(ID)
        jobcast.job(ID)

    assert [r.headers["authorization"] for r in network.asked] == ["Bearer one", "Bearer two"]


def test_the_environment_names_server_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCAST_URL", "https://jobs.example.com/")
    monkeypatch.setenv("JOBCAST_TOKEN", "from outside")
    network = Network(says(200, job()))

    with Jobcast(transport=httpx2.MockTransport(network.answer)) as jobcast:
        jobcast.job(ID)

    assert jobcast.url == "https://jobs.example.com"
    assert network.asked[0].headers["authorization"] == "Bearer from outside"


def test_what_is_no_address_and_what_is_no_jobcast_is_said_so() -> None:
    network = Network(httpx2.Response(200, text="<html>welcome</html>"))

    with pytest.raises(JobcastError, match="write http://host:port"):
        Jobcast("jobs.example.com")
    with network.client() as jobcast, pytest.raises(JobcastError, match="like a Jobcast server"):
        jobcast.job(ID)


def test_a_file_is_sent_from_its_beginning_however_often(tmp_path: Path) -> None:
    (tmp_path / "Übersicht.pdf").write_bytes(b"%PDF" * 100_000)
    opened = io.BytesIO(b"skipped" + b"rest" * 100_000)
    opened.seek(7)
    network = Network(says(503), says(201, {"id": "u1"}), AWAY, says(201, {"id": "u2"}))

    with network.client() as jobcast:
        first = jobcast.upload(tmp_path / "Übersicht.pdf").id
        second = jobcast.upload(opened, name="rest.bin", media_type="text/plain").id

    assert (first, second) == ("u1", "u2")
    assert [r.content for r in network.asked[:2]] == [b"%PDF" * 100_000] * 2
    assert [r.content for r in network.asked[2:]] == [b"rest" * 100_000] * 2
    assert network.asked[0].headers["x-filename"] == "%C3%9Cbersicht.pdf"
    assert network.asked[0].headers["content-type"] == "application/pdf"
    assert network.asked[0].headers["content-length"] == "400000"
    assert network.asked[2].headers["content-type"] == "text/plain"


def test_a_large_batch_goes_in_parts_that_can_be_sent_again() -> None:
    def part(number: int) -> httpx2.Response:
        jobs = [{"id": f"{number}-{n}", "kind": "echo", "state": "queued"} for n in range(2)]
        return says(202, {"id": "b1", "batch_id": "b1", "jobs": jobs, "total": 1_001})

    network = Network(LOST, part(0), part(1))

    with network.client() as jobcast:
        batch = jobcast.batch(
            [("echo", {})] * 1_000 + [{"kind": "say"}], tags=["t"], idempotency_key="k"
        )

    bodies = [json.loads(request.content) for request in network.asked]
    assert [r.headers["idempotency-key"] for r in network.asked] == ["k/0", "k/0", "k/1"]
    assert (bodies[1]["open"], bodies[1]["tags"], len(bodies[1]["jobs"])) == (True, ["t"], 1_000)
    assert bodies[2] == {"jobs": [{"kind": "say"}], "open": False, "batch_id": "b1"}
    assert batch.job_ids == ("0-0", "0-1", "1-0", "1-1")


async def test_the_asynchronous_one_does_the_same() -> None:
    network = Network(
        LOST, says(503), says(202, job()), says(200, {"data": [job()] * 2, "next": None})
    )
    transport = httpx2.MockTransport(network.answer)

    async with AsyncJobcast("http://jobs.test", "t0ken", transport=transport) as jobcast:
        made = await jobcast.submit("echo")
        listed = [one.id async for one in jobcast.jobs(state=["queued", "running"], limit=2)]

    assert (made.id, listed) == (ID, [ID, ID])
    assert len({r.headers["idempotency-key"] for r in network.asked[:3]}) == 1
    assert network.asked[3].url.query == b"state=queued&state=running&limit=2"


def test_what_was_said_meanwhile_is_read_though_the_server_says_that_all_is_over() -> None:
    over = job("succeeded", 3, finished_at="2026-09-04T10:00:02Z")
    piece = {"data": {"attempt": 1, "position": 4, "text": "one "}}
    said = {"jobcast-attempt": "1", "jobcast-position": "8"}
    network = Network(
        says(200, job()),
        httpx2.Response(200, text=snapshot(job()) + sse("job.output", piece)),
        httpx2.Response(204),
        says(200, over),
        says(200, {"data": [{"message": "last words", "attempt": 1, "line": 1}]}),
        httpx2.Response(200, content=b"one two ", headers=said),
    )

    with network.client() as jobcast:
        told = list(jobcast.job(ID).watch())

    assert [one.text for one in told if isinstance(one, Printed)] == ["one ", "two "]
    assert [one.message for one in told if isinstance(one, Logged)] == ["last words"]
    assert isinstance(told[-1], Ended)


def batch(revision: int, completed: str | None = None, done: float = 1.0) -> dict[str, Any]:
    about = {"id": "b1", "total": 2, "counts": {}, "round": 1, "completed_at": completed}
    return {**about, "revision": revision, "progress": {"fraction": done}}


def test_what_is_told_of_a_batch_goes_by_its_revision_until_the_server_is_set_back() -> None:
    def told(name: str, **now: Any) -> str:
        return sse(f"batch.{name}", {"data": batch(**now)})

    def shown(**now: Any) -> str:
        return sse("snapshot", {"channel": "batch:b1", "state": {"batch": batch(**now)}})

    stream = [
        shown(revision=4, done=0.5),
        told("progress", revision=3, done=0.8),
        told("progress", revision=5, done=0.0),  # tried again
        sse("gap", {"channel": "batch:b1", "reason": "epoch"}),
        shown(revision=2, done=0.1),
        told("completed", revision=6, completed="2026-09-04T10:00:02Z"),
    ]
    network = Network(
        says(200, batch(1, done=0.2)),
        httpx2.Response(200, text="".join(stream)),
        says(202, batch(5)),
    )

    with network.client() as jobcast:
        watched = jobcast.find_batch("b1")
        fractions = [one.progress.fraction for one in watched.watch()]
        late = watched.cancel()  # answered with what was so before it was complete

    assert fractions == [0.5, 0.0, 0.1, 1.0]
    assert late.completed_at is not None
