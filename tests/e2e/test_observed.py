"""What real processes tell of themselves: logs, traces, Sentry, metrics, health. They live once for all."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from service.dev.child import becomes_true
from service.dev.ports import free_port
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.conftest import revived
from tests.e2e.listener import Heard, Span, listening
from tests.e2e.processes import Product, Watcher, product
from tests.e2e.program import ROOT, started
from tests.observed import SECRET
from tests.service import prometheus

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = CALLER[3:35]
UNSAMPLED = "00-11111111111111111111111111111111-b7ad6b7169203331-00"
TOKEN = "for prometheus alone"
LAST_TOLD = ('kind="parent",outcome="succeeded"} 1\n', 'kind="breaking",outcome="failed"} 2\n')
Line = dict[str, Any]


@dataclass
class Life:
    """What was seen of one web process and one worker, from start to stop."""

    heard: Heard
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    web_metrics: str = ""
    worker_metrics: str = ""
    answers: dict[str, httpx2.Response] = field(default_factory=dict)
    checks: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> list[Line]:
        return [orjson.loads(line) for said in self.said.values() for line in said.splitlines()]

    def of(self, **wanted: Any) -> list[Line]:
        return [line for line in self.lines if wanted.items() <= line.items()]

    @property
    def trace(self) -> list[Span]:
        return [span for span in self.heard.spans if span.trace == TRACE]

    def span(self, name: str) -> Span:
        [found] = [span for span in self.trace if span.name == name]
        return found


@pytest.fixture(scope="module")
async def life(
    postgres: PostgresServer,
    redis_server: RedisServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Life]:
    await revived(postgres)
    await revived(redis_server)
    database_url = await postgres.create_database("observed", template)
    folder = tmp_path_factory.mktemp("observed")
    with listening() as heard:
        async with product(database_url, f"{redis_server.url}/7", folder) as made:
            made.environment |= environment(heard, folder)
            yield await lived(made, heard)


def environment(heard: Heard, folder: Path) -> dict[str, str]:
    return {
        "PROCESSORS": "tests.observed",
        "SENTRY_DSN": heard.dsn,
        "SENTRY_RELEASE": "shop@7",
        "OTEL_EXPORTER_OTLP_ENDPOINT": heard.base,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "WORKER_HEALTH_PORT": str(free_port()),
        "WEB_ALLOW_PRIVATE": heard.base.removeprefix("http://"),
        "METRICS_TOKEN": TOKEN,
        "LOG_LEVEL": "DEBUG",
        "COVERAGE_FILE": str(folder / "coverage"),
    }


async def lived(made: Product, heard: Heard) -> Life:
    """Let a web process and a worker do everything that is to be seen afterwards."""
    life = Life(heard)
    web, worker = await asyncio.gather(made.web(), made.worker())
    async with made.client() as client:
        watcher = await Watcher(client).begin()
        call = {"url": heard.base, "secret": SECRET}
        headers = {"X-Request-Id": "caller-1", "traceparent": CALLER}
        hook = {"webhook": f"{heard.base}/hook"}
        life.jobs["parent"] = await submit(client, "parent", call, headers, **hook)
        life.jobs["breaking"] = await submit(client, "breaking", {}, {"X-Request-Id": "caller-2"})
        life.jobs["discarding"] = await submit(client, "discarding", {}, {"traceparent": UNSAMPLED})
        for name in ("parent", "breaking", "discarding"):
            await client.get(f"/api/jobs/{life.jobs[name]['id']}", headers={"Prefer": "wait=20"})
        await watcher.until(life.jobs["parent"]["id"], "job.succeeded")
        life.events = watcher.events
        await asyncio.to_thread(heard.wait_for, "/hook")
        await client.get(
            "/api/jobs", headers={"Authorization": f"Bearer {SECRET}.{SECRET}.{SECRET}"}
        )
        _, code = await asyncio.gather(look(life, made, client), checked(made))
        life.checks.append(code)
    for program in (web, worker):
        program.process.send_signal(signal.SIGTERM)
    life.codes = [await web.ends(), await worker.ends()]
    life.said = {"web": web.said, "worker": worker.said}
    life.checks.append(await checked(made))
    return life


async def submit(
    client: httpx2.AsyncClient, kind: str, args: Any, headers: dict[str, str], **more: Any
) -> Any:
    body = {"kind": kind, "args": args, **more}
    answer = await client.post("/api/jobs", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def look(life: Life, made: Product, client: httpx2.AsyncClient) -> None:
    """Ask both processes how they are."""
    worker = f"http://127.0.0.1:{made.environment['WORKER_HEALTH_PORT']}"
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(trust_env=False) as stranger:
        for path in ("/healthz", "/readyz", "/metrics", "/nowhere"):
            life.answers[path] = await stranger.get(f"{worker}{path}")
        life.answers["POST"] = await stranger.post(f"{worker}/healthz")

        async def worker_told() -> bool:  # with its first heartbeat
            life.worker_metrics = (await stranger.get(f"{worker}/metrics", headers=bearer)).text
            return "jobcast_worker_slots" in life.worker_metrics

        await becomes_true(worker_told, 20)
    life.answers["web /readyz"] = await client.get("/readyz")

    async def web_told() -> bool:  # with the worker's heartbeat after the last of all jobs
        life.web_metrics = (await client.get("/metrics", headers=bearer)).text
        return all(told in life.web_metrics for told in LAST_TOLD)

    await becomes_true(web_told, 20)


async def checked(made: Product) -> int:
    """Return the exit code of ``worker --check``."""
    command = (sys.executable, "-m", "service", "worker", "--check")
    async with started(*command, cwd=ROOT, environment=made.environment) as program:
        return await program.ends()


def test_every_line_is_json_whoever_says_it(life: Life) -> None:
    loggers = {line.get("logger") for line in life.lines}

    assert {"uvicorn.error", "some.library", "arq.worker", "py.warnings"} <= loggers
    assert all({"event", "level", "timestamp"} <= line.keys() for line in life.lines)
    assert life.codes == [0, 0]


def test_a_request_s_id_is_on_each_line_of_the_attempts_it_led_to(life: Life) -> None:
    parent = life.jobs["parent"]["id"]
    [request] = life.of(event="request", request_id="caller-1")
    attempts = life.of(event="attempt", request_id="caller-1")
    [ours] = life.of(event="talker.ours")
    [theirs] = life.of(logger="some.library")

    assert (request["job_id"], request["trace_id"], request["status"]) == (parent, TRACE, 202)
    assert {line["kind"] for line in attempts} == {"parent", "talker"}
    assert all(line["job_id"] == line["id"] and line["trace_id"] == TRACE for line in attempts)
    for line in (ours, theirs):
        assert (line["request_id"], line["trace_id"], line["attempt"]) == ("caller-1", TRACE, 1)
        assert line["job_id"] == ours["job_id"] != parent


def test_there_is_one_line_for_each_attempt(life: Life) -> None:
    lines = life.of(event="attempt", id=life.jobs["breaking"]["id"])

    assert [(line["attempt"], line["outcome"]) for line in lines] == [(1, "failed"), (2, "failed")]
    assert all(line["kind"] == "breaking" and line["ms"] >= 0 for line in lines)
    assert {line["request_id"] for line in lines} == {"caller-2"}


def test_no_secret_and_no_body_is_in_the_logs(life: Life) -> None:
    said = "".join(life.said.values())

    assert SECRET not in said
    assert TOKEN not in said
    assert "talker.careless" in said
    assert "key=secret" not in said


def test_one_trace_leads_from_the_request_to_the_event(life: Life) -> None:
    request, submission = life.span("POST /api/jobs"), life.span("submit parent")
    attempt = life.span("attempt parent")
    settles = {span.parent for span in life.trace if span.name == "settle"}
    published = {span.name for span in life.trace if span.parent == submission.id}

    assert (request.parent, request.service, request.kind) == (CALLER[36:52], "jobcast-web", 2)
    assert (submission.parent, submission.service) == (request.id, "jobcast-web")
    assert (attempt.parent, attempt.service) == (submission.id, "jobcast-worker")
    assert attempt.id in settles
    assert {"wait in queue", "publish job.succeeded"} <= published
    assert attempt.attributes["jobcast.job.id"] == life.jobs["parent"]["id"]
    assert attempt.attributes["jobcast.outcome"] == "succeeded"
    assert request.start < submission.start < attempt.start < attempt.end


def test_children_calls_and_webhooks_carry_the_trace_on(life: Life) -> None:
    attempt, child = life.span("attempt parent"), life.span("submit talker")
    call, hook = life.span("GET 127.0.0.1"), life.span("POST 127.0.0.1")

    assert child.parent == attempt.id
    assert life.span("attempt talker").parent == child.id
    assert (call.parent, call.kind, call.attributes["http.response.status_code"]) == (
        attempt.id,
        3,
        200,
    )
    assert life.heard.headers_at("/things")["traceparent"] == f"00-{TRACE}-{call.id}-01"
    assert life.heard.headers_at("/hook")["traceparent"] == f"00-{TRACE}-{hook.id}-01"


def test_a_trace_that_the_caller_does_not_sample_is_only_in_the_logs(life: Life) -> None:
    lines = life.of(event="attempt", id=life.jobs["discarding"]["id"])

    assert [line["trace_id"] for line in lines] == [UNSAMPLED[3:35]]
    assert not any(span.trace == UNSAMPLED[3:35] for span in life.heard.spans)


def test_events_name_the_trace(life: Life) -> None:
    parent = life.jobs["parent"]["id"]
    told = [event for event in life.events if event["subject"] == f"job:{parent}"]

    assert {event["traceparent"] for event in told} == {
        f"00-{TRACE}-{life.span('submit parent').id}-01"
    }


def test_spans_hold_ids_and_figures_only(life: Life) -> None:
    assert SECRET not in str(life.heard.spans)
    assert "secret" not in str(life.heard.spans)
    broken = [span for span in life.heard.spans if span.name == "attempt breaking"]
    assert [span.failed for span in broken] == [True, True]
    assert not any(span.name.endswith(("/metrics", "/readyz")) for span in life.heard.spans)


def test_sentry_is_told_once_of_what_failed_for_good(life: Life) -> None:
    [event] = life.heard.events

    assert event["fingerprint"] == ["breaking", "error", "ValueError"]
    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert event["tags"] == {
        "service": "worker", "kind": "breaking", "job_id": life.jobs["breaking"]["id"],
        "attempt": "2", "request_id": "caller-2", "code": "error",
    }  # fmt: skip
    assert (event["release"], event["environment"]) == ("shop@7", "dev")
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "breaking"
    assert "vars" not in frame


def test_sentry_is_not_told_what_went_in(life: Life) -> None:
    told = b"".join(life.heard.envelopes)

    assert SECRET.encode() not in told
    assert b"Authorization" not in told
    assert b"cookie" not in told.lower()


def test_a_worker_s_port_tells_how_it_is(life: Life) -> None:
    health = life.answers["/healthz"].json()

    assert [life.answers[path].status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert (health["status"], health["ready"], health["stopping"]) == ("ok", True, False)
    assert [life.answers[what].status_code for what in ("/metrics", "/nowhere", "POST")] == [
        401,
        404,
        405,
    ]
    assert life.answers["web /readyz"].json()["degraded_kinds"] == []


def test_the_check_says_by_its_exit_code_whether_a_worker_lives_here(life: Life) -> None:
    assert life.checks == [0, 1]


def test_both_processes_tell_valid_metrics_and_the_web_process_the_worker_s_too(life: Life) -> None:
    web, worker = prometheus.read(life.web_metrics), prometheus.read(life.worker_metrics)

    ended = dict(labels("jobcast_attempt_seconds_count", prometheus.values_of(web)))
    assert ended["parent", "succeeded"] == 1
    assert ended["breaking", "failed"] == 2
    assert {"jobcast_enqueue_to_start_seconds", "jobcast_postgres_connections"} <= worker.keys()
    assert {"jobcast_publish_to_socket_seconds", "jobcast_commit_to_publish_seconds"} <= web.keys()


def labels(name: str, found: prometheus.Values) -> list[tuple[tuple[str, str], float]]:
    """Return the values of a metric by kind and outcome."""
    named = [(dict(pairs), value) for (at, pairs), value in found.items() if at == name]
    return [((pairs["kind"], pairs["outcome"]), value) for pairs, value in named]
