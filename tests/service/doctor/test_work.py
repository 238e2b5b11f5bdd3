from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from jobs.processor import Registry
from jobs.settings import JobsSettings
from jobs.version import VERSION
from service.doctor import Finding, Level
from service.doctor.kinds import examine_kinds, load
from service.doctor.postgres import compare_schema
from service.doctor.upkeep import examine_upkeep, replication
from service.doctor.work import examine_work
from service.schema import newest
from tests.kinds import echo

JOB = """
INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, timeout_seconds, change_seq, run_at)
VALUES ($1, 'o', 'u', $2, 'queued', 0, '{}', 60, 1, now())
"""
WORKER = """
INSERT INTO workers (id, name, lease_until, info) VALUES ($1, $2, now() + interval '15 s', $3)
"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def work(connection: asyncpg.Connection) -> dict[str, Finding]:
    return {f.name: f async for f in examine_work(connection, None, VERSION)}


async def worker(connection: asyncpg.Connection, name: str, info: str) -> UUID:
    key = uuid4()
    await connection.execute(WORKER, key, name, info)
    return key


async def test_two_versions_at_work_are_a_deploy_in_progress(
    connection: asyncpg.Connection,
) -> None:
    await worker(connection, "one", f'{{"version": "{VERSION}"}}')
    alone = await work(connection)
    await worker(connection, "two", '{"version": "0.0.9"}')
    both = await work(connection)

    assert alone["worker versions"].level is Level.OK
    assert both["worker versions"].message == f"0.0.9, {VERSION}"
    assert "deploy is in progress" in both["worker versions"].advice


async def test_workers_of_another_version_than_this_one_are_told(
    connection: asyncpg.Connection,
) -> None:
    await worker(connection, "one", '{"version": "0.0.9"}')

    found = await work(connection)

    assert found["worker versions"].level is Level.WARN
    assert f"this is {VERSION}" in found["worker versions"].message


async def test_a_worker_whose_loop_is_held_up_is_told(connection: asyncpg.Connection) -> None:
    await worker(connection, "one", '{"loop_lag_seconds": 2.5}')

    found = await work(connection)

    assert found["worker loops"].message == "held up: one by 2.5 s"


async def test_a_paused_queue_is_told(connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO paused_queues (name, paused_by) VALUES ('mail', 'root')")

    found = await work(connection)

    assert found["paused queues"].message == "mail paused"
    assert "/api/queues/mail/resume" in found["paused queues"].advice


async def test_what_waits_for_an_unknown_kind_is_told(connection: asyncpg.Connection) -> None:
    await connection.execute(JOB, uuid4(), "echo")
    [known] = [f async for f in examine_kinds(connection, Registry([echo]))]
    await connection.execute(JOB, uuid4(), "from_tomorrow")
    [unknown] = [f async for f in examine_kinds(connection, Registry([echo]))]

    assert known.level is Level.OK
    assert unknown.level is Level.WARN
    assert "from_tomorrow" in unknown.message


@pytest.mark.parametrize(
    ("processors", "level"), [("", "ok"), ("tests.kinds", "ok"), ("no.such.module", "fail")]
)
def test_processors_that_cannot_be_loaded_fail(processors: str, level: str) -> None:
    finding, registry = load(JobsSettings(processors=processors))

    assert str(finding.level) == level
    assert (registry is None) == (level == "fail")


def test_migrations_behind_fail_and_those_ahead_are_a_newer_release() -> None:
    settings = JobsSettings()

    assert compare_schema(newest(settings), settings).level is Level.OK
    assert compare_schema("0001", settings).level is Level.FAIL
    assert compare_schema("", settings).level is Level.FAIL
    assert compare_schema("9999", settings).level is Level.WARN


async def upkeep(connection: asyncpg.Connection) -> dict[str, Finding]:
    return {f.name: f async for f in examine_upkeep(connection)}


async def test_a_database_in_good_order_is_well(connection: asyncpg.Connection) -> None:
    found = await upkeep(connection)

    assert {f.level for f in found.values()} == {Level.OK}


async def test_an_index_left_unfinished_is_told(connection: asyncpg.Connection) -> None:
    await connection.execute("CREATE TABLE twice AS SELECT 1 AS one FROM generate_series(1, 2)")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("CREATE UNIQUE INDEX CONCURRENTLY twice_one ON twice (one)")

    found = await upkeep(connection)

    await connection.execute("DROP TABLE twice")
    assert found["postgres indexes"].message == "left unfinished: twice_one"


async def test_an_old_transaction_is_told_with_how_to_end_it(
    connection: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.doctor.upkeep.LONG_SECONDS", 0)
    other = await asyncpg.connect(database_url, server_settings={"application_name": "report"})
    held = other.transaction()
    await held.start()

    found = (await upkeep(connection))["postgres transactions"]

    pid = other.get_server_pid()
    await held.rollback()
    await other.close()
    assert "of report has been open" in found.message
    assert f"pg_terminate_backend({pid})" in found.advice


def test_a_replication_slot_nobody_reads_is_told() -> None:
    unread = replication(["backup"])

    assert "nobody reads backup" in unread.message
    assert "pg_drop_replication_slot" in unread.advice
