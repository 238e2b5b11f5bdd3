"""Postgres crashed, hung, cut off, locked, full of strangers: 503 for a while, then all as promised."""

import asyncio
from typing import Any

import asyncpg
import pytest

from service.dev.child import becomes_true
from service.dev.postgres_server import PostgresServer
from tests.faults.customer import Customer
from tests.faults.proxy import proxy
from tests.faults.site import Site
from tests.faults.steps import Fault, installed

JOBS = 10
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jobcast'"
)
READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = {}"


async def busy(up: Site) -> Customer:
    """Open a site with one worker, a job under way, and somebody who looks."""
    await up.web_here()
    await up.worker_here()
    customer, watcher = await up.visitors()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")
    return customer


async def test_a_crash_of_postgres_repeats_nothing(up: Site, postgres: PostgresServer) -> None:
    customer = await busy(up)

    postgres.kill()
    submitting = asyncio.create_task(customer.submit("noted"))
    await asks_again(customer)
    await postgres.restart()
    await submitting
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (0, 0)


async def test_a_job_that_ends_while_postgres_is_away_is_settled_later(
    up: Site, postgres: PostgresServer
) -> None:
    up.chosen["lease_seconds"] = "5"
    await busy(up)

    with installed(Fault("before settle", "note")):
        postgres.kill()
        up.gate.touch()
        await up.journal.tells("fault", "note")
    await postgres.restart()

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_postgres_that_hangs_for_longer_than_a_lease_repeats_nothing(
    up: Site, postgres: PostgresServer
) -> None:
    customer = await busy(up)
    await up.worker()

    postgres.pause()
    try:
        submitting = asyncio.create_task(customer.submit("noted"))
        await asks_again(customer)
    finally:
        postgres.resume()
    await submitting
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (0, 0)


async def test_connections_ended_again_and_again_are_made_again(
    up: Site, postgres: PostgresServer
) -> None:
    customer = await busy(up)

    for n in range(2 * JOBS):
        await customer.submit("noted", value=n)
        await postgres.execute(TERMINATE)
    up.gate.touch()

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_read_only_postgres_is_an_outage_and_no_error(
    up: Site, postgres: PostgresServer
) -> None:
    customer = await busy(up)

    await set_read_only(postgres, "on")
    try:
        submitting = asyncio.create_task(customer.submit("noted"))
        await asks_again(customer)
    finally:
        await set_read_only(postgres, "off")
    await submitting
    up.gate.touch()

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_locked_table_is_an_outage_and_no_error(up: Site, postgres: PostgresServer) -> None:
    customer = await busy(up)
    migration = await asyncpg.connect(up.chosen["database_url"])

    try:
        async with migration.transaction():
            await migration.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
            submitting = asyncio.create_task(customer.submit("noted"))
            await asks_again(customer)
    finally:
        await migration.close()
    await submitting
    up.gate.touch()

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_postgres_full_of_strangers_is_an_outage_and_no_error(
    up: Site, postgres: PostgresServer
) -> None:
    customer = await busy(up)
    strangers = await fill(up.chosen["database_url"])

    try:
        submitting = asyncio.create_task(customer.submit("noted"))
        while not customer.statuses[503]:
            await strangers[0].execute(TERMINATE)
            strangers += await fill(up.chosen["database_url"])
            submitting = again(submitting, customer)
    finally:
        await asyncio.gather(*(stranger.close() for stranger in strangers))
    await submitting
    up.gate.touch()

    verdict = await up.kept()
    assert verdict.repeated == 0


@pytest.mark.parametrize("bad", ["hole", "mute"])
async def test_a_way_to_postgres_that_goes_dead_is_an_outage_and_no_error(
    up: Site, postgres: PostgresServer, bad: str
) -> None:
    direct = up.chosen["database_url"]
    async with proxy(postgres.port) as way:
        up.chosen["database_url"] = way.url(direct)
        customer = await busy(up)

        way.mode = bad
        submitting = asyncio.create_task(customer.submit("noted"))
        await asks_again(customer)
        way.mode = "ok"
        way.cut()
        await submitting
        up.gate.touch()

        verdict = await up.kept()
        assert verdict.repeated == 0
        await up.close()


async def test_answers_lost_on_the_way_are_found_in_the_record(
    up: Site, postgres: PostgresServer
) -> None:
    direct = up.chosen["database_url"]
    async with proxy(postgres.port) as way:
        up.chosen["database_url"] = way.url(direct)
        customer = await busy(up)

        for n in range(JOBS):
            submitting = asyncio.create_task(customer.submit("noted", value=n, seconds=0.05))
            way.mode = "mute"
            await asyncio.wait([submitting], timeout=0.03)
            way.cut()
            way.mode = "ok"
            await submitting
        up.gate.touch()

        await up.kept()
        await up.close()


async def asks_again(customer: Customer) -> None:
    """Wait until the customer was told to come again."""

    async def told() -> bool:
        return customer.statuses[503] > 0

    await becomes_true(told, 15)


def again(submitting: "asyncio.Task[Any]", customer: Customer) -> "asyncio.Task[Any]":
    """Submit once more if the last one found a connection after all."""
    return asyncio.create_task(customer.submit("noted")) if submitting.done() else submitting


async def set_read_only(postgres: PostgresServer, value: str) -> None:
    """Change the default of every session, as a failover to a standby does."""
    connection = await asyncpg.connect(postgres.url("postgres"))
    try:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(READ_ONLY.format(value))
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def fill(database_url: str) -> list[Any]:
    """Take every connection that is left."""
    taken: list[Any] = []
    try:
        while True:
            taken.append(await asyncpg.connect(database_url))
    except asyncpg.TooManyConnectionsError:
        return taken
