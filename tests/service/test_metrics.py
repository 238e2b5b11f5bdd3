"""What Prometheus reads, and who may."""

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from jobs import store
from jobs.ids import uuid7
from service.dev.postgres_server import PostgresServer
from service.metrics import Family, Sample, exposition
from service.metrics.measured import process_name
from service.settings import ServiceSettings
from tests.service import prometheus
from tests.service.conftest import As, Headers
from tests.service.prometheus import Values
from tests.service.work import at_work, ended, resources_of, submit, until

BUSY = {"slots": 10, "busy": 4, "running": 6, "mean_seconds": 0.5, "ended_per_second": 8.0,
        "ended": {"succeeded": 40, "failed": 2}, "memory_bytes": 90_000_000}  # fmt: skip


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"signals_seconds": 0.0})


async def read(client: httpx2.AsyncClient) -> Values:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return prometheus.values_of(prometheus.read(answer.text))


def value(values: Values, name: str, **labels: str) -> float | None:
    return values.get((name, frozenset(labels.items())))


async def test_what_waits_who_works_and_how_many_should_is_told(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await store.register(resources_of(app).db, uuid7(), "one:1", 60, BUSY)
    for _ in range(3):
        await submit(client, ann, "echo")
    await submit(client, ann, "echo", delay=3600)

    seen = await read(client)

    assert value(seen, "jobcast_jobs", queue="default", state="queued") == 3
    assert value(seen, "jobcast_jobs", queue="default", state="scheduled") == 1
    assert 0 < (value(seen, "jobcast_lag_seconds") or 0) < 60
    assert value(seen, "jobcast_ready_jobs") == 3
    assert value(seen, "jobcast_drain_seconds") == pytest.approx(3 / 20)
    assert value(seen, "jobcast_workers") == 1
    assert value(seen, "jobcast_workers_wanted") == 1
    assert value(seen, "jobcast_slots") == 10
    assert value(seen, "jobcast_slots_busy") == 4
    assert value(seen, "jobcast_utilisation_ratio") == 0.4
    assert value(seen, "jobcast_attempts_ended_per_second") == 8
    assert value(seen, "jobcast_worker_resident_memory_bytes", worker="one:1") == 90_000_000
    name = "jobcast_worker_attempts_ended_total"
    assert value(seen, name, worker="one:1", state="succeeded") == 40


async def test_this_process_tells_of_itself(client: httpx2.AsyncClient, ann: Headers) -> None:
    await submit(client, ann, "echo")

    seen = await read(client)

    assert value(seen, "jobcast_subscribers") == 0
    assert value(seen, "jobcast_postgres_connections_max") == 6
    assert (value(seen, "jobcast_postgres_connections", state="idle") or 0) >= 1
    assert value(seen, "jobcast_redis_connections_max") == 7
    assert value(seen, "jobcast_redis_heard") == 1
    assert value(seen, "jobcast_submissions_total") == 1
    assert value(seen, "jobcast_submission_commits_total") == 1
    assert value(seen, "jobcast_submissions_waiting") == 0
    assert value(seen, "jobcast_connections") == 0
    assert value(seen, "jobcast_realtime_degraded") in {0, 1}
    assert (value(seen, "process_resident_memory_bytes") or 0) > 10_000_000
    assert (value(seen, "process_cpu_seconds_total") or 0) > 0


async def test_what_a_paused_queue_holds_asks_for_no_worker(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await submit(client, ann, "lined_up")
    await client.post("/api/queues/mail/pause", headers=as_user("root", "jobs:read admin"))

    seen = await read(client)

    assert value(seen, "jobcast_jobs", queue="mail", state="queued") == 1
    assert value(seen, "jobcast_queue_paused", queue="mail") == 1
    assert value(seen, "jobcast_ready_jobs") == 0
    assert value(seen, "jobcast_lag_seconds") == 0


async def test_a_real_worker_tells_its_figures_by_its_heartbeat(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    async with at_work(app, worker_concurrency=7, lease_seconds=1.0):
        await ended(client, ann, await submit(client, ann, "echo"))

        async def look() -> Values:
            return await read(client)

        seen = await until(app, look, lambda values: value(values, "jobcast_slots") == 7)

    assert any(name == "jobcast_worker_loop_lag_seconds" for name, _ in seen)


async def test_the_way_of_a_job_is_measured_step_by_step(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    before = await read(client)

    async with at_work(app, worker_concurrency=7, lease_seconds=1.0):
        await ended(client, ann, await submit(client, ann, "echo"))
        await ended(client, ann, await submit(client, ann, "flaky", args={"times": 1}))
        after = await read(client)

    def more(name: str, **labels: str) -> float:
        key = {**labels, "process": process_name()}
        return (value(after, name, **key) or 0) - (value(before, name, **key) or 0)

    assert more("jobcast_enqueue_to_start_seconds_count") == 3
    assert more("jobcast_start_to_commit_seconds_count") == 3
    assert more("jobcast_attempt_seconds_count", kind="echo", outcome="succeeded") == 1
    assert more("jobcast_attempt_seconds_count", kind="flaky", outcome="failed") == 1
    assert more("jobcast_attempt_seconds_count", kind="flaky", outcome="succeeded") == 1
    assert more("jobcast_commit_to_publish_seconds_count") >= 2
    assert more("jobcast_publish_to_socket_seconds_count") >= 1
    assert more("jobcast_relay_promoted_total") == 1
    route = {"method": "POST", "route": "/api/jobs", "status": "202"}
    assert more("jobcast_request_seconds_count", **route) == 2


async def test_what_another_process_told_is_read_with_the_own_figures(
    app: Starlette, client: httpx2.AsyncClient
) -> None:
    told = {"jobcast_attempt_seconds": [["echo", "succeeded", 1.5, 0, 2], ["odd"], ["x", "y", "z"]],
            "jobcast_relay_passes_total": [[7]], "jobcast_of_tomorrow_total": [[1]]}  # fmt: skip
    await store.register(resources_of(app).db, uuid7(), "one:1", 60, {**BUSY, "measures": told})

    seen = await read(client)

    labels = {"process": "one:1", "kind": "echo", "outcome": "succeeded"}
    assert value(seen, "jobcast_attempt_seconds_sum", **labels) == 1.5
    assert value(seen, "jobcast_attempt_seconds_bucket", **labels, le="0.005") == 0
    assert value(seen, "jobcast_attempt_seconds_bucket", **labels, le="0.025") == 2
    assert value(seen, "jobcast_attempt_seconds_bucket", **labels, le="+Inf") == 2
    assert value(seen, "jobcast_relay_passes_total", process="one:1") == 7


async def test_no_caller_can_make_series_without_end(client: httpx2.AsyncClient) -> None:
    for place in ("/nowhere/1", "/nowhere/2", f"/api/jobs/{uuid7()}", f"/api/jobs/{uuid7()}"):
        await client.get(place)
    await client.request("BREW", "/api/jobs")

    seen = await read(client)

    name = "jobcast_request_seconds_count"
    routes = {dict(labels)["route"] for found, labels in seen if found == name}
    methods = {dict(labels)["method"] for found, labels in seen if found == name}
    assert {"none", "/api/jobs/{id}"} <= routes
    assert not any("nowhere" in route for route in routes)
    assert "BREW" not in methods


async def test_without_postgres_the_process_still_tells_of_itself(
    client: httpx2.AsyncClient, postgres: PostgresServer
) -> None:
    postgres.kill()

    seen = await read(client)

    assert value(seen, "jobcast_postgres_up") == 0
    assert value(seen, "jobcast_connections") == 0
    assert not any(name == "jobcast_jobs" for name, _ in seen)


async def test_a_token_keeps_strangers_out_where_one_is_set(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    app.state.settings = app.state.settings.model_copy(
        update={"metrics_token": SecretStr("for prometheus alone")}
    )

    right = {"Authorization": "Bearer for prometheus alone"}
    codes = [(await client.get("/metrics", headers=h)).status_code for h in ({}, ann, right)]

    assert codes == [401, 401, 200]


async def test_operators_read_the_same_signals_with_the_queues(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await store.register(resources_of(app).db, uuid7(), "one:1", 60, BUSY)
    await submit(client, ann, "echo")

    mine = (await client.get("/api/queues", headers=ann)).json()
    all_of_it = (await client.get("/api/queues", headers=as_user("root", "jobs:read admin"))).json()

    signals = all_of_it["signals"]
    assert mine["signals"] is None
    assert (signals["workers"], signals["wanted_workers"], signals["ready"]) == (1, 1, 1)
    assert (signals["slots"], signals["busy"], signals["utilisation"]) == (10, 4, 0.4)
    assert signals["drain_seconds"] == pytest.approx(1 / 20)
    [default] = [q for q in all_of_it["data"] if q["name"] == "default"]
    assert default["lag_seconds"] == pytest.approx(signals["lag_seconds"], abs=5)
    assert default["estimated"] is False


def test_labels_and_help_are_escaped_and_a_metric_without_a_value_is_left_out() -> None:
    odd = Family("a", "gauge", "two\nlines", [Sample(1.5, {"queue": 'a"b\\c\nd'})])

    text = exposition([odd, Family("b", "counter", "nothing", [])])

    assert text == ("# HELP a two\\nlines\n# TYPE a gauge\n" + 'a{queue="a\\"b\\\\c\\nd"} 1.5\n')
