"""One stack a pair of versions: servers, tables, front door and worker, shared by a module's tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from alembic import command
from pydantic import SecretStr
from starlette.applications import Starlette

from service import schema
from service.app import create_app
from service.client import mint_token
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.settings import ServiceSettings
from tests.jobs.conftest import working
from tests.matrix import servers

SECRET = "a secret of these tests alone, 32 bytes and more"
LEASE_SECONDS = 0.6
Find = Callable[[], Path | None]


@dataclass(frozen=True)
class Pair:
    """A PostgreSQL and a Redis or Valkey that are tried together."""

    postgres: int
    redis: str
    find_redis: Find

    @property
    def name(self) -> str:
        return f"PostgreSQL {self.postgres} and {self.redis}"


PAIRS = [
    Pair(15, "Redis 6.2", lambda: servers.redis(6)),
    Pair(16, "Valkey 9", servers.valkey),
    Pair(18, "Redis 7", lambda: servers.redis(7)),
]


@dataclass(frozen=True)
class Stack:
    """What runs on a pair of versions."""

    pair: Pair
    settings: ServiceSettings
    redis: RedisServer
    app: Starlette
    client: httpx2.AsyncClient


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.name)
async def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """Start a pair with everything on it; the tables are made, taken away and made again first."""
    pair: Pair = request.param
    binaries, program = servers.postgres(pair.postgres), pair.find_redis()
    if binaries is None or program is None:
        pytest.skip(f"{pair.name}: docs/deploy.md tells where its servers come from")
    async with AsyncExitStack() as parts:
        postgres = await parts.enter_async_context(PostgresServer(binaries=binaries))
        redis = await parts.enter_async_context(RedisServer(program=program))
        folder = tmp_path_factory.mktemp("uploads")
        settings = chosen(postgres.url(), redis.url, folder)
        await asyncio.to_thread(there_and_back, settings)
        app = create_app(settings)
        await parts.enter_async_context(app.router.lifespan_context(app))
        await parts.enter_async_context(working(settings))
        client = await parts.enter_async_context(caller(app))
        yield Stack(pair, settings, redis, app, client)


def chosen(database_url: str, redis_url: str, folder: Path) -> ServiceSettings:
    """Return settings with short leases and quick sweeps."""
    return ServiceSettings(
        database_url=database_url,
        redis_url=redis_url,
        jwt_secret=SecretStr(SECRET),
        secret_key=SecretStr(SECRET),
        storage_url=f"file://{folder}",
        processors="tests.kinds",
        lease_seconds=LEASE_SECONDS,
        relay_seconds=0.2,
        schedule_min_seconds=1,
        worker_grace_seconds=6,
        drain_seconds=0,
        position_check_seconds=0.2,
    )


def there_and_back(settings: ServiceSettings) -> None:
    """Migrate up, down to nothing, and up again."""
    schema.upgrade(settings)
    command.downgrade(schema.alembic_config(settings), "base")
    schema.upgrade(settings)


def caller(app: Starlette) -> httpx2.AsyncClient:
    """Return a client in ann's name."""
    token = mint_token(SECRET, user="ann", scopes="jobs:read jobs:write schedules:write")
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://t", headers=headers, timeout=30)
