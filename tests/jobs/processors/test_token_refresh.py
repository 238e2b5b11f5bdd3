"""Refreshing tokens at a real OAuth 2.0 server: rotation, every failure, and what a second run does."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.errors import Discard
from jobs.ids import uuid7
from jobs.processors.token_refresh import Args, expiring, token_refresh
from jobs.providers.api import Api
from jobs.providers.oauth2 import OAuth2
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from jobs.vault import Vault
from service.dev.sandbox import Sandbox
from service.dev.sandbox.oauth import OAuth
from tests.jobs.processors.connection import (
    OWNER,
    SOON,
    credentials_at,
    keep_connection,
    kept,
    opened,
    sealing,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NOW = datetime.now(UTC)
Db = asyncpg.Connection
Credentials = dict[str, str]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Db]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def oauth(sandbox: Sandbox) -> OAuth:
    return sandbox.peer(OAuth)


@pytest.fixture
def credentials(sandbox: Sandbox) -> Credentials:
    return credentials_at(sandbox)


@pytest.fixture
async def bench_with(
    settings: JobsSettings, sandbox: Sandbox, database_url: str
) -> AsyncIterator[Callable[..., Bench]]:
    chosen = sealing(settings, sandbox)
    async with Api(chosen) as api:
        providers = {"vault": Vault(chosen), "oauth2": OAuth2(api)}

        def make(db: Sessions | None = None) -> Bench:
            open_session = db or sessions(database_url)
            return Bench([token_refresh], providers=providers, db=open_session, patience=0.5)

        yield make


@pytest.fixture
def bench(bench_with: Callable[..., Bench]) -> Bench:
    return bench_with()


async def refreshed(bench: Bench, ident: UUID, **options: Any) -> Job:
    job = bench.submit(token_refresh, connection_id=ident, options=options)
    await bench.run()
    return job


def asked(sandbox: Sandbox) -> int:
    return len(sandbox.calls("oauth", "/token"))


def names(job: Job) -> list[str]:
    told = [e for e in job.events if e.type.startswith(("inbox.", "notification."))]
    return [event.data["name"] for event in told]


async def test_new_tokens_are_kept_and_the_old_refresh_token_is_gone(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident)

    row = await kept(db, ident)
    new = opened(row)
    assert job.error is None
    assert (job.result.refreshed, job.result.reason) == (True, "refreshed")
    assert job.result.expires_at == row.expires_at
    assert row.expires_at is not None
    assert row.refreshed_at is not None
    assert row.expires_at - row.refreshed_at == timedelta(hours=2)
    assert oauth.issuer.good(new["access_token"])
    assert new["refresh_token"] not in {credentials["refresh_token"], ""}
    assert new.keys() == credentials.keys()
    assert (row.version, row.status, row.refreshing_until, row.unanswered_at) == (
        2,
        "active",
        None,
        None,
    )
    assert names(job) == ["token_refresh_completed"]
    [call] = sandbox.calls("oauth", "/token")
    assert call["headers"]["authorization"] == "Basic •••"


async def test_no_token_is_told_anywhere(
    bench: Bench,
    sandbox: Sandbox,
    db: Db,
    credentials: Credentials,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ident = await keep_connection(db, sandbox, credentials)
    job = await refreshed(bench, ident)
    new = opened(await kept(db, ident))
    await db.execute("UPDATE connections SET expires_at = now(), refreshed_at = NULL")
    sandbox.peer(OAuth).issuer.revoke("sandbox", new["refresh_token"])

    failed = await refreshed(bench, ident)

    row = await kept(db, ident)
    told = [repr(job.row), repr(failed.row), repr(row), repr(job.logs), repr(failed.error)]
    told += [repr(event.body) for event in bench.events]
    written = "".join([*told, *capfd.readouterr(), caplog.text, repr(sandbox.calls("oauth"))])
    secrets = {v for c in (credentials, new) for name, v in c.items() if name != "client_id"}
    assert not [secret for secret in secrets if secret in written]


async def test_a_second_run_asks_nobody(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, credentials)
    await refreshed(bench, ident)
    before = await kept(db, ident)

    again = await refreshed(bench, ident)

    assert (again.result.refreshed, again.result.reason) == (False, "not_due")
    assert asked(sandbox) == 1
    assert await kept(db, ident) == before


async def test_a_token_of_short_life_is_not_refreshed_again_at_once(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials
) -> None:
    oauth.issuer.expires_in = 300
    ident = await keep_connection(db, sandbox, credentials)

    results = [(await refreshed(bench, ident)).result.reason for _ in range(2)]

    assert results == ["refreshed", "not_due"]


async def test_two_at_once_refresh_once(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", delay_seconds=0.2)
    ident = await keep_connection(db, sandbox, credentials)

    jobs = [bench.submit(token_refresh, connection_id=ident) for _ in range(3)]
    await bench.run()

    assert asked(sandbox) == 1
    assert sorted(job.result.reason for job in jobs) == ["not_due", "not_due", "refreshed"]


async def test_what_is_far_from_its_end_is_left_alone(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, credentials, ends_in=timedelta(minutes=21))

    job = await refreshed(bench, ident)

    assert job.result.reason == "not_due"
    assert asked(sandbox) == 0


async def test_a_provider_that_does_not_rotate_works_too(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials
) -> None:
    oauth.issuer.rotate = False
    ident = await keep_connection(db, sandbox, credentials)

    await refreshed(bench, ident)

    new = opened(await kept(db, ident))
    assert new["refresh_token"] == credentials["refresh_token"]
    assert oauth.issuer.good(new["access_token"])


async def test_the_client_may_prove_itself_in_the_body(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, {**credentials, "client_auth": "body"})

    assert (await refreshed(bench, ident)).result.refreshed

    [call] = sandbox.calls("oauth", "/token")
    assert "authorization" not in call["headers"]
    assert (call["body"]["client_id"], call["body"]["client_secret"]) == ("sandbox", "•••")


async def test_invalid_grant_marks_the_connection_and_is_told_once_and_not_tried_again(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials
) -> None:
    oauth.issuer.revoke("sandbox", credentials["refresh_token"])
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident)
    again = await refreshed(bench, ident)

    row = await kept(db, ident)
    assert job.error is not None
    assert (job.error.code, job.row.attempt, asked(sandbox)) == ("invalid_grant", 1, 1)
    assert row.status == "expired"
    assert row.status_reason == job.error.message
    assert "The refresh token was revoked. Connect it again." in job.error.message
    assert "had no answer" not in job.error.message
    assert names(job) == ["token_refresh_failed"]
    assert again.error is not None
    assert (again.error.code, names(again)) == ("connection_expired", ["token_refresh_failed"])
    with pytest.raises(Discard, match="has expired"):
        opened(row)


async def test_a_client_that_is_not_taken_fails_at_once_but_the_connection_lives(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, {**credentials, "client_secret": "wrong"})

    job = await refreshed(bench, ident)

    row = await kept(db, ident)
    assert job.error is not None
    assert (job.error.code, job.row.attempt) == ("unauthorized", 1)
    assert names(job) == ["token_refresh_failed"]
    assert (row.status, row.refresh_failures, row.unanswered_at) == ("active", 1, None)
    assert row.status_reason == job.error.message


async def test_a_provider_that_is_busy_says_when_to_come_again(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", status=429, retry_after=300, times=1)
    ident = await keep_connection(db, sandbox, credentials)
    began = bench.clock.now

    job = await refreshed(bench, ident)

    row = await kept(db, ident)
    assert job.result.refreshed
    assert bench.clock.now - began >= timedelta(seconds=300)
    assert (row.refresh_failures, row.status_reason, row.refresh_after) == (0, None, None)


async def test_a_provider_that_stays_down_fails_the_job_and_is_asked_less_and_less(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", status=503)
    ident = await keep_connection(db, sandbox, credentials)

    jobs = [await refreshed(bench, ident) for _ in range(3)]

    row = await kept(db, ident)
    assert [job.row.attempt for job in jobs] == [3] * 3
    assert all(names(job) == ["job.failed"] for job in jobs)
    assert (row.status, row.refresh_failures, asked(sandbox)) == ("active", 9, 9)
    assert row.refresh_after is not None
    assert timedelta(hours=5) < row.refresh_after - row.updated_at <= timedelta(hours=6)


async def test_one_that_could_not_be_refreshed_for_a_week_has_expired(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", status=500)
    ident = await keep_connection(db, sandbox, credentials, ends_in=-8 * DAY)

    await refreshed(bench, ident)

    row = await kept(db, ident)
    assert row.status == "expired"
    assert "answered 500" in (row.status_reason or "")
    assert asked(sandbox) == 1


async def test_a_slow_provider_is_given_up_and_asked_again(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", delay_seconds=600, times=1)
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident)

    assert job.result.refreshed
    assert job.row.attempt == 2


@pytest.mark.parametrize("how", ["truncate", "garbage"])
async def test_an_answer_that_is_lost_is_no_harm_where_tokens_do_not_rotate(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials, how: str
) -> None:
    oauth.issuer.rotate = False
    sandbox.switch("oauth", times=1, **{how: True})
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident)

    assert job.result.refreshed
    assert job.row.attempt == 2


@pytest.mark.parametrize("how", ["truncate", "garbage"])
async def test_an_answer_that_is_lost_with_the_rotated_token_is_told_as_what_it_is(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials, how: str
) -> None:
    sandbox.switch("oauth", times=1, **{how: True})
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident)

    assert job.error is not None
    assert (job.error.code, job.row.attempt, asked(sandbox)) == ("invalid_grant", 2, 2)
    assert "had no answer that could be kept" in job.error.message
    assert names(job) == ["token_refresh_failed"]


async def test_a_worker_that_was_killed_between_rotation_and_commit_leaves_a_trace(
    bench: Bench, sandbox: Sandbox, db: Db, oauth: OAuth, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, credentials)
    oauth.issuer.by_refresh("sandbox", credentials["refresh_token"])
    await db.execute(
        "UPDATE connections SET refreshing_until = now() - interval '1 s',"
        " unanswered_at = '2026-11-29T03:00:00Z'"
    )

    job = await refreshed(bench, ident)

    assert job.error is not None
    assert "A refresh at 2026-11-29 03:00 UTC had no answer" in job.error.message
    assert (await kept(db, ident)).status == "expired"


@pytest.mark.parametrize("how", ["release", "crash", "cancel"])
async def test_an_attempt_that_is_told_to_stop_still_keeps_what_it_asked_for(
    bench: Bench,
    sandbox: Sandbox,
    db: Db,
    oauth: OAuth,
    credentials: Credentials,
    how: str,
) -> None:
    sandbox.switch("oauth", delay_seconds=0.3, times=1)
    ident = await keep_connection(db, sandbox, credentials)
    job = bench.submit(token_refresh, connection_id=ident)
    await bench.until(lambda: bool(job.progress) and job.progress[-1].fraction == 0.3)

    getattr(bench, how)(job)
    await bench.run()

    assert oauth.issuer.good(opened(await kept(db, ident))["access_token"])
    assert asked(sandbox) == 1
    assert job.state == ("cancelled" if how == "cancel" else "succeeded")


async def test_postgres_that_is_away_when_the_answer_comes_costs_no_token(
    bench_with: Callable[..., Bench],
    sandbox: Sandbox,
    db: Db,
    oauth: OAuth,
    credentials: Credentials,
    database_url: str,
) -> None:
    ident, real, opening = (
        await keep_connection(db, sandbox, credentials),
        sessions(database_url),
        0,
    )

    @asynccontextmanager
    async def shaky() -> AsyncIterator[AsyncSession]:
        nonlocal opening
        opening += 1
        if opening in {3, 4}:
            raise OSError("connection refused")
        async with real() as session:
            yield session
        if opening == 5:
            raise OSError("the answer to the commit was lost")

    job = await refreshed(bench_with(shaky), ident)

    assert job.result.refreshed
    assert (job.row.attempt, asked(sandbox), opening) == (1, 1, 6)
    assert oauth.issuer.good(opened(await kept(db, ident))["access_token"])


async def test_new_credentials_given_meanwhile_are_not_written_over(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    sandbox.switch("oauth", delay_seconds=0.3)
    ident = await keep_connection(db, sandbox, credentials)
    job = bench.submit(token_refresh, connection_id=ident)
    await bench.until(lambda: bool(job.progress) and job.progress[-1].fraction == 0.3)
    await db.execute("UPDATE connections SET credentials = 'new', refreshing_until = NULL")

    await bench.run()

    assert (job.result.reason, job.result.refreshed) == ("superseded", False)
    assert (await kept(db, ident)).credentials == b"new"


async def test_a_connection_that_is_not_there_or_not_yours_is_not_found(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    foreign = await keep_connection(db, sandbox, credentials, owner=("acme", "bert"))

    jobs = [await refreshed(bench, ident) for ident in (foreign, uuid7())]

    assert [job.error.code for job in jobs if job.error] == ["not_found"] * 2
    assert [names(job) for job in jobs] == [["job.failed"]] * 2
    assert asked(sandbox) == 0


async def test_one_that_cannot_be_refreshed_says_why(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    bare = await keep_connection(db, sandbox, {"access_token": "x"})
    revoked = await keep_connection(db, sandbox, credentials)
    await db.execute("UPDATE connections SET status = 'revoked' WHERE id = $1", revoked)
    sealed = await keep_connection(db, sandbox, credentials)
    await db.execute("UPDATE connections SET credentials = 'other key' WHERE id = $1", sealed)

    jobs = [await refreshed(bench, ident) for ident in (bare, revoked, sealed)]

    codes = [job.error.code for job in jobs if job.error]
    assert codes == ["no_refresh_token", "connection_revoked", "locked"]
    assert [names(job) for job in jobs] == [["token_refresh_failed"]] * 3
    assert asked(sandbox) == 0


async def test_what_the_clock_does_is_no_news_unless_it_fails(
    bench: Bench, sandbox: Sandbox, db: Db, credentials: Credentials
) -> None:
    ident = await keep_connection(db, sandbox, credentials)

    job = await refreshed(bench, ident, metadata={"tick": "2026-11-29T04:10:00Z"})

    assert job.result.refreshed
    assert names(job) == []


async def test_the_clock_finds_what_ends_soon_the_first_to_end_first(
    sandbox: Sandbox, db: Db, credentials: Credentials, database_url: str
) -> None:
    async def make(ends_in: timedelta | None, **changes: Any) -> UUID:
        ident = await keep_connection(
            db, sandbox, changes.pop("credentials", credentials), ends_in=ends_in
        )
        for name, sql in changes.items():
            await db.execute(f"UPDATE connections SET {name} = {sql} WHERE id = $1", ident)  # noqa: S608
        return ident

    later, first = await make(19 * MINUTE), await make(-MINUTE)
    again = await make(SOON, refresh_after="now() - interval '1 s'")
    await make(21 * MINUTE)
    await make(None)
    await make(SOON, status="'expired'")
    await make(SOON, refresh_after="now() + interval '1 minute'")
    await make(SOON, credentials={"access_token": "x"})

    async with sessions(database_url)() as session:
        due = await expiring(session, NOW, 10)
        most = await expiring(session, NOW, 2)

    assert [Args.model_validate(one.args).connection_id for one in due] == [first, again, later]
    assert [(one.org, one.user) for one in due] == [OWNER] * 3
    assert due[0].unique_key == f"connection:{first}"
    assert [Args.model_validate(one.args).connection_id for one in most] == [first, again]
