"""Secrets that were given to us are found again only where they belong (S09, S57, S66, S72).

A canary goes through every field that holds a secret, in a product of its own; then its logs, its Redis,
its Postgres and what it shows to operators are searched.
"""

import json
import secrets
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pydantic
import pytest
from redis.asyncio import Redis

from jobs.log_errors import quiet, told
from service.client import mint_token
from service.doctor.masking import masked
from service.settings import ServiceSettings
from tests.e2e.processes import SECRET, Product, product
from tests.service.test_routes import WRITER

ENVIRONMENT = {
    "LLM_API_KEY": "canary-llm-key-000001",
    "SMTP_URL": "smtp://mailer:canary-smtp-000002@127.0.0.1:9",
    "TWILIO_AUTH_TOKEN": "canary-twilio-000003",
    "GOOGLE_CLIENT_SECRET": "canary-google-000004",
    "METRICS_TOKEN": "canary-metrics-000005",
    "JWT_SECRET": SECRET,
    "LOG_LEVEL": "DEBUG",
    "PROCESSORS": "tests.kinds,tests.security.kinds",
}
EVERYWHERE = [*(v for k, v in ENVIRONMENT.items() if "canary" in v), "canary-smtp-000002", SECRET]
ROWS = "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {} t"
TABLES = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'"


def canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(8)}"


class Found:
    """What was given in, by what it is, and where it may be found."""

    def __init__(self) -> None:
        self.nowhere: dict[str, str] = {}
        self.with_jobs: dict[str, str] = {}


@pytest.fixture
async def running(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Any]:
    async with product(database_url, redis_url, tmp_path) as started:
        started.environment |= ENVIRONMENT
        yield started, await started.web(), await started.worker()


def caller(started: Product) -> httpx2.AsyncClient:
    token = mint_token(SECRET, user="ann", scopes=f"{WRITER} org:read")
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=started.base, headers=headers, timeout=60, trust_env=False)


async def confide_all(client: httpx2.AsyncClient) -> Found:
    """Send a canary through everything that takes a secret."""
    given = Found()
    await confide_to_accounts(client, given)
    await confide_to_headers(client, given)
    await confide_to_jobs(client, given)
    return given


async def confide_to_accounts(client: httpx2.AsyncClient, given: Found) -> None:
    names = ("access_token", "refresh_token", "client_secret", "secret")
    credentials = {name: canary(name) for name in names}
    given.nowhere |= credentials
    made = await client.post(
        "/api/connections",
        json={"provider": "oauth2", "name": "a", "base_url": "https://social.example",
              "credentials": {**credentials, "client_id": "me"}},
    )  # fmt: skip
    assert made.status_code == 201
    here = f"/api/connections/{made.json()['id']}"
    odd = canary("odd")
    given.nowhere["odd"] = odd
    for broken in ({"credentials": odd}, {"credentials": {"secret": [odd]}}, {odd: odd}):
        assert (await client.patch(here, json=broken)).status_code == 422
    key = (await client.post("/api/keys", json={"scopes": ["jobs:read"]})).json()["key"]
    hook = await client.post("/api/webhooks", json={"url": "https://example.com/hook"})
    given.nowhere |= {"key": key, "webhook secret": hook.json()["secret"]}
    await client.get("/api/jobs", headers={"Authorization": f"Bearer {key}"})


async def confide_to_headers(client: httpx2.AsyncClient, given: Found) -> None:
    bearer, cookie, query, body = (canary(n) for n in ("bearer", "cookie", "query", "body"))
    given.nowhere |= {"bearer": bearer, "cookie": cookie, "query": query, "body": body}
    await client.get("/api/jobs", headers={"Authorization": f"Bearer {bearer}"})
    await client.get("/api/jobs", headers={"Authorization": f"Bearer jc_{'0' * 40}{bearer}"})
    await client.get("/api/jobs", headers={"Authorization": f"Basic {bearer}"})
    await client.get("/api/jobs", headers={"Cookie": f"jobcast={cookie}", "Authorization": ""})
    await client.get("/api/events", params={"channel": "me", "ticket": f"tk_{query}"})
    await client.get("/api/jobs", params={"access_token": query, "token": query})
    await client.post("/api/session", json={"token": body})
    await client.post(
        "/hooks/twilio/status", data={"x": body}, headers={"X-Twilio-Signature": body}
    )
    await client.post("/hooks/google/calendar", headers={"X-Goog-Channel-Token": body})
    await client.get(f"/unsubscribe/{query}")
    ticket = (await client.post("/api/tickets")).json()["ticket"]
    given.nowhere["ticket"] = ticket
    await client.get("/api/events/poll", params={"channel": "me", "wait": 0, "ticket": ticket})


async def confide_to_jobs(client: httpx2.AsyncClient, given: Found) -> None:
    for how in ("return", "raise", "misread", "row"):
        secret = given.with_jobs[how] = canary(how)
        answer = await client.post(
            "/api/jobs",
            json={"kind": "confide", "args": {"secret": secret, "how": how},
                  "metadata": {"note": secret}},
            headers={"Prefer": "wait=20", "Idempotency-Key": how},
        )  # fmt: skip
        assert answer.json()["state"] == ("succeeded" if how == "return" else "failed")
    given.with_jobs["wrong"] = wrong = canary("wrong")
    refused = await client.post("/api/jobs", json={"kind": "confide", "args": {"secret": wrong}})
    assert refused.status_code == 422


async def in_redis(url: str) -> str:
    """Return every key and value."""
    async with Redis.from_url(url) as redis:
        keys = [key async for key in redis.scan_iter(count=1000)]
        return "\n".join([f"{key!r} {await redis.dump(key)!r}" for key in keys])


async def in_postgres(url: str) -> dict[str, str]:
    """Return every table's rows as text; bytes are hex, as in a dump."""
    connection = await asyncpg.connect(url)
    try:
        names = [row[0] for row in await connection.fetch(TABLES)]
        return {name: await connection.fetchval(ROWS.format(name)) for name in names}
    finally:
        await connection.close()


def leaks(text: str, canaries: dict[str, str]) -> set[str]:
    return {n for n, c in canaries.items() if c in text or c.encode().hex() in text}


@pytest.mark.e2e
async def test_a_secret_is_found_only_where_it_belongs(
    running: Any, database_url: str, redis_url: str
) -> None:
    started, web, worker = running
    ours = {value: value for value in EVERYWHERE}
    async with caller(started) as client:
        given = await confide_all(client)
        shown = [
            await client.get(path) for path in ("/metrics", "/readyz", "/healthz", "/", "/docs")
        ]
        listed = [
            await client.get(path)
            for path in (
                "/api/connections",
                "/api/keys",
                "/api/webhooks",
                "/api/audit",
                "/api/stats",
            )
        ]

    everything = given.nowhere | given.with_jobs | ours
    assert leaks(web.said, everything) == set(), "the web process's log"
    assert leaks(worker.said, everything) == set(), "the worker's log"
    assert leaks("".join(a.text for a in [*shown, *listed]), everything) == set(), "what is shown"
    assert leaks(await in_redis(redis_url), everything) == set(), "Redis"
    tables = await in_postgres(database_url)
    assert leaks("".join(tables.values()), given.nowhere | ours) == set(), "Postgres"
    found = {name for name, rows in tables.items() if leaks(rows, given.with_jobs)}
    assert found <= {"jobs", "deliveries"}, (
        "what a job was given is in its row, and told to its owner"
    )
    assert leaks("".join(tables.values()), {"wrong": given.with_jobs["wrong"]}) == set()


def test_no_repr_and_no_masked_list_of_the_settings_shows_a_secret() -> None:
    url = "postgresql://me:canary-pass@db.example/jobs?password=canary-pass"
    given: dict[str, Any] = {name.lower(): value for name, value in ENVIRONMENT.items()}
    settings = ServiceSettings(
        **given,
        database_url=url,
        redis_url="rediss://:canary-pass@cache.example",
        realtime_redis_url="rediss://:canary-pass@cache.example",
        secret_key=SECRET,
        sentry_dsn="https://canary-pass@sentry.example/1",
        aws_secret_access_key="canary-pass",
    )
    shown = "\n".join([repr(settings), str(settings), f"{settings}", json.dumps(masked(settings))])

    assert [secret for secret in [*EVERYWHERE, "canary-pass"] if secret in shown] == []


SAID = canary("said")


class Count(pydantic.BaseModel):
    number: int


def chained() -> BaseException:
    """Return an error with causes that repeat what they were given."""
    try:
        try:
            try:
                Count.model_validate({"number": SAID})
            except ValueError as error:
                words = f"invalid input for query argument $7: {{'secret': {SAID!r}}}"
                raise asyncpg.DataError(words) from error
        except asyncpg.DataError as error:
            raise ExceptionGroup("several", [error, KeyError("harmless")]) from None
    except ExceptionGroup as group:
        return group
    raise AssertionError("nothing was raised")


def test_an_error_is_logged_without_the_values_its_causes_repeat() -> None:

    error = chained()
    text = "".join(traceback.format_exception(error))
    assert text.count(SAID) == 2

    said = quiet(error, text)

    assert SAID not in said
    assert "invalid input for query argument $7" in said
    assert "KeyError: 'harmless'" in said
    assert "canary" not in told(asyncpg.DataError("query argument $7: 'canary'"))
    assert told(ValueError("mine")) == "ValueError('mine')"


def test_what_postgres_says_of_a_broken_rule_is_logged_by_name() -> None:
    error = asyncpg.UniqueViolationError('duplicate key value violates unique constraint "k"')
    error.detail = "Key (id)=(canary) already exists."
    error.table_name, error.constraint_name = "jobs", "jobs_pkey"

    assert "canary" in str(error)
    assert told(error) == (
        "UniqueViolationError: duplicate key value violates unique constraint sqlstate=23505 "
        "table_name=jobs constraint_name=jobs_pkey (values are not logged)"
    )
