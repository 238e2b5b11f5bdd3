from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.doctor import Finding, Given, Level, examine
from service.doctor.finding import clock

LONG = SecretStr("0123456789abcdef0123456789abcdef")


@pytest.fixture
def given(settings: JobsSettings) -> Given:
    return Given(**settings.model_dump(), jwt_secret=LONG).model_copy(update={"secret_key": LONG})


async def examined(given: Given) -> dict[str, Finding]:
    return {finding.name: finding for finding in await examine(given)}


async def worker(given: Given, lease_seconds: float) -> None:
    connection = await asyncpg.connect(given.database_url)
    await connection.execute(
        "INSERT INTO workers (id, name, lease_until) "
        "VALUES ($1, 'w1', now() + make_interval(secs => $2))",
        uuid4(),
        lease_seconds,
    )
    await connection.close()


async def test_a_healthy_installation_has_nothing_to_fail(given: Given) -> None:
    await worker(given, 15)

    found = await examined(given)

    assert {name for name, finding in found.items() if finding.level is Level.FAIL} == set()
    assert found["workers"].message == "1 alive: w1"
    assert found["migrations"].level is Level.OK
    assert found["postgres"].message.startswith("version ")
    assert found["redis eviction"].message == "noeviction"
    assert found["redis connections"].message.endswith(" used")
    assert found["postgres clock"].level is Level.OK
    assert found["redis clock"].level is Level.OK


async def test_commits_that_may_be_lost_are_told(given: Given) -> None:
    found = await examined(given)  # the test server runs without fsync

    assert found["postgres durability"].level is Level.WARN


async def test_no_worker_fails(given: Given) -> None:
    await worker(given, -15)

    found = await examined(given)

    assert found["workers"].level is Level.FAIL
    assert "jobcast worker" in found["workers"].advice


async def test_jobs_that_wait_and_jobs_nobody_queues_are_told(given: Given) -> None:
    connection = await asyncpg.connect(given.database_url)
    for state, age in (("queued", 300), ("scheduled", 60)):
        await connection.execute(
            "INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, timeout_seconds,"
            " change_seq, run_at) VALUES ($1, 'o', 'u', 'echo', $2, 0, '{}', 60, 1,"
            " now() - make_interval(secs => $3))",
            uuid4(),
            state,
            age,
        )
    await connection.close()

    found = await examined(given)

    assert found["queue"].level is Level.WARN
    assert (
        "1 queued, 0 on the Redis queue, 0 running, the oldest waits 30" in found["queue"].message
    )
    assert found["relay"].level is Level.FAIL


async def test_an_unmigrated_database_fails(given: Given, postgres: PostgresServer) -> None:
    url = await postgres.create_database(f"bare_{uuid4().hex[:8]}")

    found = await examined(given.model_copy(update={"database_url": url}))

    assert found["migrations"].level is Level.FAIL
    assert "jobcast migrate" in found["migrations"].advice
    assert "workers" not in found


async def test_an_unreachable_postgres_fails_without_its_password(given: Given) -> None:
    away = "postgresql://ann:s3cret@127.0.0.1:9/jobcast"

    found = await examined(given.model_copy(update={"database_url": away}))

    assert found["postgres"].level is Level.FAIL
    assert "127.0.0.1:9/jobcast" in found["postgres"].message
    assert "s3cret" not in str(found)
    assert found["redis"].level is Level.OK


async def test_a_redis_that_is_away_or_hangs_fails(given: Given, redis_server: RedisServer) -> None:
    given = given.model_copy(update={"redis_timeout_seconds": 0.2})

    redis_server.pause()
    hanging = await examined(given)
    redis_server.resume()
    away = await examined(given.model_copy(update={"redis_url": "redis://:pw@127.0.0.1:9/0"}))

    assert hanging["redis"].level is Level.FAIL
    assert away["redis"].level is Level.FAIL
    assert ":pw" not in str(away)
    assert away["queue"].level is Level.OK


async def test_a_redis_that_evicts_or_is_full_is_told(given: Given) -> None:
    async with Redis.from_url(given.redis_url) as client:
        await client.config_set("maxmemory", "1gb")
        await client.config_set("maxmemory-policy", "allkeys-lru")
        evicting = await examined(given)
        await client.config_set("maxmemory", "1mb")
        full = await examined(given)
        await client.config_set("maxmemory", "0")
        await client.config_set("maxmemory-policy", "noeviction")

    assert evicting["redis eviction"].level is Level.WARN
    assert evicting["redis memory"].level is Level.OK
    assert full["redis memory"].level is Level.WARN


@pytest.mark.parametrize(
    ("skew", "level"), [(0.5, Level.OK), (-3, Level.WARN), (3, Level.WARN), (-60, Level.FAIL)]
)
def test_clocks_that_differ_are_told(skew: float, level: Level) -> None:
    now = datetime.now(UTC)

    finding = clock("postgres", now + timedelta(seconds=skew), now, now)

    assert finding.level is level


def test_a_slow_answer_is_no_skew() -> None:
    now = datetime.now(UTC)

    finding = clock("redis", now, now, now + timedelta(seconds=6))

    assert finding.level is Level.OK


async def test_the_redis_that_events_are_told_by_is_looked_at_as_well(given: Given) -> None:
    second = given.model_copy(update={"realtime_redis_url": f"{given.redis_url[:-1]}1"})
    away = given.model_copy(update={"realtime_redis_url": "redis://127.0.0.1:9/0"})

    there, gone = await examined(second), await examined(away)

    assert there["realtime redis"].level is Level.OK
    assert gone["realtime redis"].level is Level.FAIL
    assert "REALTIME_REDIS_URL" in gone["realtime redis"].advice
