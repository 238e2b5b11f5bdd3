"""Acknowledging: what a device has shown, cheaply noted, told to nobody."""

import asyncio

import asyncpg
import pytest
from alembic import command

from jobs import store
from jobs.events import EventWriter
from jobs.ids import uuid7
from jobs.inbox import InboxEntryResource, InboxFilter
from jobs.inbox_events import InboxEvents
from jobs.resources import Resources
from jobs.settings import JobsSettings
from realtime.caller import Caller
from service.dev.postgres_server import PostgresServer
from service.schema import alembic_config, upgrade
from tests.jobs.conftest import ANNA, BERT
from tests.jobs.test_inbox import MINE, told


async def test_acknowledging_marks_what_was_told_so_far_takes_no_number_and_tells_nobody(
    resources: Resources,
) -> None:
    first, second, third = [await told(resources) for _ in range(3)]

    async with resources.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.psubscribe("jobcast:*")
        await pubsub.get_message(timeout=5)
        once = await resources.inbox.acknowledge(ANNA, 2)
        twice = await resources.inbox.acknowledge(ANNA, 2)
        await resources.redis.publish("jobcast:end", b"")
        heard = await pubsub.get_message(timeout=5)

    page = await resources.inbox.list(ANNA, InboxFilter())
    acked = {entry.id: entry.acked_at is not None for entry in page.data}
    assert (once.acked, twice.acked) == (2, 0)
    assert acked == {first: True, second: True, third: False}
    assert (page.unread, heard and heard["channel"]) == (3, b"jobcast:end")
    assert (await resources.source.positions([MINE])).offsets[MINE] == 3


async def test_reading_implies_an_acknowledgement_and_keeps_an_earlier_one(
    resources: Resources,
) -> None:
    first, second = await told(resources), await told(resources)
    await resources.inbox.acknowledge(ANNA, 1)
    [before] = [e for e in (await inbox_of(resources)) if e.id == first]

    await resources.inbox.read(ANNA, None)

    after = {entry.id: entry for entry in await inbox_of(resources)}
    assert after[first].acked_at == before.acked_at
    assert after[second].acked_at == after[second].read_at is not None


async def inbox_of(resources: Resources) -> list[InboxEntryResource]:
    return (await resources.inbox.list(ANNA, InboxFilter())).data


async def test_an_acknowledgement_reaches_nobody_elses_entries(resources: Resources) -> None:
    await told(resources)
    namesake = Caller("anna", "other", frozenset({"jobs:read"}))
    admin = Caller("lead", "acme", frozenset({"admin", "org:read"}))

    results = [await resources.inbox.acknowledge(c, 2**53 - 1) for c in (BERT, namesake, admin)]

    assert [result.acked for result in results] == [0, 0, 0]
    assert [entry.acked_at for entry in await inbox_of(resources)] == [None]


async def test_any_number_is_acknowledged_in_pieces(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.inbox.ACK_AT_ONCE", 3)
    for _ in range(7):
        await told(resources)

    assert (await resources.inbox.acknowledge(ANNA, 7)).acked == 7


async def test_acknowledging_at_once_counts_each_entry_once(resources: Resources) -> None:
    for _ in range(20):
        await told(resources)

    results = await asyncio.gather(*(resources.inbox.acknowledge(ANNA, 20) for _ in range(5)))

    assert sum(result.acked for result in results) == 20


async def test_an_acknowledgement_looks_only_at_what_was_not_acknowledged(
    resources: Resources,
) -> None:
    await resources.db.fetch(
        "INSERT INTO inbox (id, org_id, user_id, name, change_seq, acked_at) "
        "SELECT gen_random_uuid(), 'acme', 'anna', 'job.failed', n, now() "
        "FROM generate_series(1, 20000) n"
    )
    await resources.db.fetch("ANALYZE inbox")

    plan = await resources.db.fetch("EXPLAIN " + inlined(store.inbox.ACK))

    assert any("inbox_unacked" in record[0] for record in plan)
    assert not any("Seq Scan on inbox" in record[0] for record in plan)


def inlined(sql: str) -> str:
    for name, value in {"$1": "'acme'", "$2": "'anna'", "$3": "100", "$4": "10000"}.items():
        sql = sql.replace(name, value)
    return sql


async def test_an_acknowledged_entry_is_told_by_the_same_bytes(resources: Resources) -> None:
    await told(resources)
    events = InboxEvents(EventWriter("e1", 1000), 1000)
    [before] = await store.inbox_changed_since(resources.db, "acme", "anna", 0, 10)

    await resources.inbox.acknowledge(ANNA, 1)

    [after] = await store.inbox_changed_since(resources.db, "acme", "anna", 0, 10)
    changes = await resources.source.changes(MINE, 0, 10)
    assert after.acked_at is not None
    assert events.of_user(before, "e1").body == events.of_user(after, "e1").body
    assert [message.type for message in changes.messages] == ["inbox.created"]


async def test_what_was_there_before_the_update_counts_as_shown(postgres: PostgresServer) -> None:
    url = await postgres.create_database(f"before_{uuid7().hex}")
    settings = JobsSettings(database_url=url)
    await asyncio.to_thread(command.upgrade, alembic_config(settings), "0003")
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO inbox (id, org_id, user_id, name, change_seq) "
        "VALUES (gen_random_uuid(), 'acme', 'anna', 'job.failed', 1)"
    )

    await asyncio.to_thread(upgrade, settings)

    await connection.execute(
        "INSERT INTO inbox (id, org_id, user_id, name, change_seq) "
        "VALUES (gen_random_uuid(), 'acme', 'anna', 'job.failed', 2)"
    )
    shown = await connection.fetch(
        "SELECT acked_at IS NOT NULL, handoff_at FROM inbox ORDER BY change_seq"
    )
    await connection.close()
    assert [tuple(record) for record in shown] == [(True, None), (False, None)]
