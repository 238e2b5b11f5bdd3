"""The whole examination: one visit to each server, whatever state it is in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.db import LOST
from service.doctor import kinds
from service.doctor.access import Given, examine_access, examine_published_keys
from service.doctor.budget import examine_budget
from service.doctor.cache import examine_realtime, examine_redis
from service.doctor.finding import Finding, Level, judge
from service.doctor.outside import examine_providers, examine_storage
from service.doctor.postgres import examine_postgres
from service.doctor.upkeep import examine_upkeep
from service.doctor.work import examine_work

UNREACHED = (*LOST, asyncpg.PostgresError, RedisError, ValueError)


async def examine(settings: Given) -> list[Finding]:
    """Look at everything; a server that cannot be reached is itself a finding."""
    loaded, registry = kinds.load(settings)
    found: list[Finding] = []
    async with AsyncExitStack() as stack:
        connection = await reach_postgres(stack, settings, found)
        client = await reach_redis(stack, settings, settings.redis_url, found)
        if connection:
            await collect(found, "postgres", examine_postgres(connection, settings))
            await collect(found, "postgres", examine_upkeep(connection))
        if client:
            await collect(found, "redis", examine_redis(client))
        await examine_second_redis(stack, settings, found)
        migrated = all(f.level is not Level.FAIL for f in found if f.name == "migrations")
        tables = connection if migrated else None
        if tables:
            await collect(found, "budget", examine_budget(tables, client, settings))
            await collect(found, "work", examine_work(tables, client, settings.version))
        found.append(loaded)
        if tables and registry:
            await collect(found, "kinds", kinds.examine_kinds(tables, registry))
        await collect(found, "storage", examine_storage(settings, tables))
        await collect(found, "published keys", examine_published_keys(settings))
    return [*found, *examine_access(settings), *examine_providers(settings)]


async def examine_second_redis(
    stack: AsyncExitStack, settings: Given, found: list[Finding]
) -> None:
    """Look at the server events are told by, when it is another one."""
    if settings.pubsub_url == settings.redis_url:
        return
    client = await reach_redis(stack, settings, settings.pubsub_url, found, "realtime redis")
    if client:
        await collect(found, "realtime redis", examine_realtime(client))


async def collect(found: list[Finding], name: str, findings: AsyncIterator[Finding]) -> None:
    """Add what is found; a question that fails half-way is one finding more."""
    try:
        async with asyncio.timeout(10):
            async for finding in findings:
                found.append(finding)  # noqa: PERF401 - what came before a failure is kept
    except UNREACHED as error:
        found.append(judge(name, f"stopped answering: {reason(error)}", fail="Look at its log."))


async def reach_postgres(
    stack: AsyncExitStack, settings: Given, found: list[Finding]
) -> asyncpg.Connection | None:
    """Connect, or find that we cannot."""
    timeout = settings.database_timeout_seconds
    try:
        connection = await asyncpg.connect(
            settings.postgres_dsn, timeout=timeout, command_timeout=timeout
        )
    except UNREACHED as error:
        message = f"cannot be reached at {where(settings.database_url)}: {reason(error)}"
        advice = "Start it, or correct DATABASE_URL. Until then every submission answers 503."
        found.append(judge("postgres", message, fail=advice))
        return None
    stack.push_async_callback(connection.close, timeout=timeout)
    return connection


async def reach_redis(
    stack: AsyncExitStack, settings: Given, url: str, found: list[Finding], name: str = "redis"
) -> Redis | None:
    """Connect, or find that we cannot."""
    variable = "REDIS_URL" if name == "redis" else "REALTIME_REDIS_URL"
    try:
        client = await stack.enter_async_context(connected(settings, url))
        await client.ping()
    except UNREACHED as error:
        message = f"cannot be reached at {where(url)}: {reason(error)}"
        advice = (
            f"Start it, or correct {variable}. Until then jobs start and are seen seconds late."
        )
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            advice = "Its certificate is self-signed, as Heroku's is: set REDIS_TLS_VERIFY=0."
        found.append(judge(name, message, fail=advice))
        return None
    return client


@asynccontextmanager
async def connected(settings: Given, url: str) -> AsyncIterator[Redis]:
    """Open a client for the few questions we have."""
    lax = url.startswith("rediss:") and not settings.redis_tls_verify
    tls: dict[str, Any] = {"ssl_cert_reqs": "none"} if lax else {}
    client = Redis.from_url(
        url,
        socket_timeout=settings.redis_timeout_seconds,
        socket_connect_timeout=settings.redis_timeout_seconds,
        **tls,
    )
    try:
        yield client
    finally:
        await client.aclose()


def where(url: str) -> str:
    """Return the address in a URL without user or password."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or 'default port'}{parts.path}"
    except ValueError:
        return "an address that is none"


def reason(error: BaseException) -> str:
    """Return the first line of what went wrong."""
    return (str(error) or type(error).__name__).split("\n", maxsplit=1)[0]
