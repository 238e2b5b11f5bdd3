"""Alive, and ready: with Postgres, Redis and a live worker."""

import httpx2
import pytest
from starlette.applications import Starlette

from jobs import store
from jobs.ids import uuid7
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer


@pytest.fixture
async def worker(app: Starlette) -> None:
    """Let a worker hold a lease."""
    await store.register(app.state.resources.db, uuid7(), "tests", 60, {})


@pytest.mark.usefixtures("worker")
async def test_ready_with_everything(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "postgres": True, "redis": True, "workers": 1, "realtime": True,
         "draining": False, "degraded_kinds": []},
    )  # fmt: skip


async def test_kinds_that_no_live_worker_runs_are_named(
    app: Starlette, client: httpx2.AsyncClient
) -> None:
    known = {"kinds": [kind for kind in app.state.resources.registry if kind != "echo"]}
    await store.register(app.state.resources.db, uuid7(), "tests", 60, known)

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["degraded_kinds"]) == (200, ["echo"])


@pytest.mark.usefixtures("worker")
async def test_who_has_been_told_to_stop_is_not_ready_but_alive(
    app: Starlette, client: httpx2.AsyncClient
) -> None:
    app.state.draining = True

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["draining"]) == (503, True)
    assert (await client.get("/healthz")).status_code == 200


async def test_not_ready_without_a_worker(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"], answer.json()["workers"]) == (503, False, 0)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.usefixtures("worker")
async def test_not_ready_without_redis_but_alive(
    client: httpx2.AsyncClient, redis_server: RedisServer
) -> None:
    redis_server.kill()

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["redis"]) == (503, False)
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.usefixtures("worker")
async def test_not_ready_without_postgres_but_alive(
    client: httpx2.AsyncClient, postgres: PostgresServer
) -> None:
    postgres.kill()

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["postgres"]) == (503, False)
    assert (await client.get("/healthz")).status_code == 200
