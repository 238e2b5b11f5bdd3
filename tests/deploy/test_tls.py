import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from jobs.worker import open_worker
from service import schema
from service.app import create_app
from service.client import mint_token
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.doctor import Given, examine
from service.settings import ServiceSettings
from tests.deploy.tls_front import postgres_front, redis_front, self_signed

SECRET = "a secret of this test alone, 32 bytes and more"
HEADERS = {"Authorization": f"Bearer {mint_token(SECRET, user='42')}", "Prefer": "wait=20"}


@pytest.fixture
async def settings_over_tls(
    database_url: str,
    redis_url: str,
    postgres: PostgresServer,
    redis_server: RedisServer,
    tmp_path: Path,
) -> AsyncIterator[ServiceSettings]:
    """Give settings as Heroku writes them: postgres://, sslmode, rediss:// with a self-signed end."""
    context = self_signed(tmp_path)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(postgres_front(postgres.port, context))
        redis_port = await stack.enter_async_context(redis_front(redis_server.port, context))
        heroku = database_url.replace("postgresql://", "postgres://")
        yield ServiceSettings(
            database_url=heroku.replace(f":{postgres.port}/", f":{port}/") + "?sslmode=require",
            redis_url=f"rediss://127.0.0.1:{redis_port}/0",
            redis_tls_verify=False,
            jwt_secret=SecretStr(SECRET),
            secret_key=SecretStr(SECRET),
            processors="tests.kinds",
            storage_url=f"file://{tmp_path}/uploads",
            worker_grace_seconds=6,
            drain_seconds=0,
        )


async def test_a_job_runs_and_is_heard_of_over_tls_that_nobody_vouches_for(
    settings_over_tls: ServiceSettings,
) -> None:
    app = create_app(settings_over_tls)
    async with (
        open_worker(settings_over_tls, watchdog=False) as worker,
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(worker.serve())
        await worker.started.wait()
        answer = await client.post(
            "/api/jobs", json={"kind": "echo", "args": {"value": 7}}, headers=HEADERS
        )
        ready = await client.get("/readyz")
        worker.shut_down()

    assert answer.json()["state"] == "succeeded", answer.text
    assert ready.json()["redis"] is True


async def test_migrations_and_the_doctor_go_over_tls_as_well(
    settings_over_tls: ServiceSettings,
) -> None:
    given = Given(**settings_over_tls.model_dump(include=set(Given.model_fields)))

    version = await asyncio.to_thread(schema.upgrade, settings_over_tls)
    found = {finding.name: finding for finding in await examine(given)}

    assert version == schema.newest(settings_over_tls)
    assert (str(found["postgres"].level), str(found["redis"].level)) == ("ok", "ok")


async def test_the_doctor_says_what_to_set_for_a_self_signed_redis(
    settings_over_tls: ServiceSettings,
) -> None:
    fields = settings_over_tls.model_dump(include=set(Given.model_fields))

    found = {f.name: f for f in await examine(Given(**(fields | {"redis_tls_verify": True})))}

    assert "REDIS_TLS_VERIFY=0" in found["redis"].advice
