"""The inbox: newest first, unread counted, and reading as a change of the user's sequence."""

import asyncio
from uuid import UUID

import orjson
import pytest

from jobs import store
from jobs.events import EventWriter
from jobs.ids import uuid7
from jobs.inbox import InboxFilter
from jobs.inbox_events import InboxEvents
from jobs.resources import Resources
from realtime import keys
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import BadCursor
from realtime.message import Message
from tests.jobs.conftest import ANNA, BERT, submit

MINE = Channel.user("acme", "anna")
ENTRY = """
WITH n AS (
  INSERT INTO sequences AS s (org_id, user_id, seq) VALUES ($2, $3, 1)
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + 1 RETURNING seq
)
INSERT INTO inbox (id, org_id, user_id, name, data, change_seq)
SELECT $1, $2, $3, $4, $5, seq FROM n
"""


async def told(
    resources: Resources, name: str = "job.failed", caller: Caller = ANNA, text: str = ""
) -> UUID:
    """Write an entry as the change that it tells does."""
    ident = uuid7()
    await resources.db.fetch(ENTRY, ident, caller.org, caller.user, name, {"text": text})
    return ident


async def test_entries_come_newest_first_in_pages_with_the_count_of_unread(
    resources: Resources,
) -> None:
    made = [await told(resources) for _ in range(5)]
    await resources.inbox.read(ANNA, made[:1])

    seen, after = [], None
    while True:
        page = await resources.inbox.list(ANNA, InboxFilter(after=after, limit=2))
        seen += [entry.id for entry in page.data]
        assert page.unread == 4
        assert page.has_more is (page.next is not None)
        after = page.next
        if not page.has_more:
            break

    assert seen == made[::-1]


async def test_entries_of_one_moment_are_paged_without_losing_one(resources: Resources) -> None:
    made = {await told(resources) for _ in range(5)}
    await resources.db.fetch("UPDATE inbox SET created_at = now()")

    first = await resources.inbox.list(ANNA, InboxFilter(limit=3))
    second = await resources.inbox.list(ANNA, InboxFilter(limit=3, after=first.next))

    assert {entry.id for entry in [*first.data, *second.data]} == made


async def test_only_the_unread_are_shown_when_asked_for(resources: Resources) -> None:
    first, second = await told(resources), await told(resources)
    await resources.inbox.read(ANNA, [first])

    page = await resources.inbox.list(ANNA, InboxFilter(unread=True))

    assert [entry.id for entry in page.data] == [second]


async def test_a_cursor_nobody_gave_out_is_refused(resources: Resources) -> None:
    with pytest.raises(BadCursor):
        await resources.inbox.list(ANNA, InboxFilter(after="what?"))


async def test_reading_takes_the_next_numbers_and_a_second_time_changes_nothing(
    resources: Resources,
) -> None:
    made = [await told(resources) for _ in range(3)]

    once = await resources.inbox.read(ANNA, made)
    twice = await resources.inbox.read(ANNA, made)

    rows = await store.inbox_changed_since(resources.db, "acme", "anna", 3, 10)
    positions = await resources.source.positions([MINE])
    assert (once.read, once.unread, twice.read) == (3, 0, 0)
    assert [row.change_seq for row in rows] == [4, 5, 6]
    assert positions.offsets[MINE] == 6


async def test_reading_the_same_at_once_counts_each_entry_once(resources: Resources) -> None:
    made = [await told(resources) for _ in range(20)]

    results = await asyncio.gather(*(resources.inbox.read(ANNA, made) for _ in range(5)))

    rows = await store.inbox_changed_since(resources.db, "acme", "anna", 20, 100)
    assert sum(result.read for result in results) == 20
    assert [row.change_seq for row in rows] == list(range(21, 41))


async def test_all_means_all_however_many(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.inbox.READ_AT_ONCE", 3)
    for _ in range(7):
        await told(resources)

    result = await resources.inbox.read(ANNA, None)

    assert (result.read, result.unread) == (7, 0)


async def test_others_entries_can_be_neither_seen_nor_read(resources: Resources) -> None:
    made = await told(resources)
    lead = Caller("lead", "acme", frozenset({"jobs:read", "org:read", "admin"}))
    namesake = Caller("anna", "other", frozenset({"jobs:read"}))

    for caller in (BERT, lead, namesake):
        page = await resources.inbox.list(caller, InboxFilter())
        result = await resources.inbox.read(caller, [made])
        every = await resources.inbox.read(caller, None)

        assert (page.data, page.unread) == ([], 0)
        assert (result.read, every.read) == (0, 0)
    assert (await resources.inbox.list(ANNA, InboxFilter())).unread == 1


async def test_reading_is_published_on_the_users_channel_with_its_place(
    resources: Resources,
) -> None:
    job = await submit(resources, "echo")
    made = await told(resources)
    await resources.db.fetch("UPDATE inbox SET job_id = $1", job.id)

    async with resources.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(keys.events(MINE))
        await pubsub.get_message(timeout=5)
        await resources.inbox.read(ANNA, [made])
        async with asyncio.timeout(5):
            while (found := await pubsub.get_message(timeout=1)) is None:
                pass

    message = Message.unpack(found["data"])
    event = message.decoded()
    assert (message.type, message.offset, message.durable) == ("inbox.read", 3, True)
    assert (event["subject"], event["channel"]) == (f"inbox:{made}", "user:anna")
    assert (event["offset"], event["seq"], event["id"]) == (3, 2, f"{made}.2")
    assert event["epoch"] == resources.source.epoch
    assert (event["data"]["id"], event["data"]["job_id"]) == (str(made), str(job.id))
    assert event["data"]["read_at"] == event["time"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("job.failed", "inbox.created"),
        ("webhook.disabled", "inbox.created"),
        ("brief_completed", "notification.brief_completed"),
        ("jobless", "notification.jobless"),
    ],
)
async def test_an_entry_is_told_by_its_name_and_twice_the_same(
    resources: Resources, name: str, kind: str
) -> None:
    await told(resources, name)
    events = InboxEvents(EventWriter("e1", 1000), 1000)

    rows = [
        row
        for _ in range(2)
        for row in await store.inbox_changed_since(resources.db, "acme", "anna", 0, 10)
    ]
    (channel, message), again = events.told(rows[0]), events.of_user(rows[1], "e1")

    assert (channel, message.type, message.offset) == (MINE, kind, 1)
    assert message.body == again.body
    assert orjson.loads(message.body)["id"] == f"{rows[0].id}.1"


async def test_a_large_entry_is_referred_to(resources: Resources) -> None:
    await told(resources, text="x" * 5000)
    [row] = await store.inbox_changed_since(resources.db, "acme", "anna", 0, 10)

    data = InboxEvents(EventWriter("e1", 1000), 1000).of_user(row, "e1").decoded()["data"]

    assert (data["data"], data["data_ref"]) == (None, "/api/inbox")


async def test_a_device_that_joins_gets_the_count_and_the_newest_unread_by_one_statement(
    resources: Resources,
) -> None:
    nothing = await store.unread_at_join(resources.db, "acme", "anna", 50)
    made = [await told(resources) for _ in range(5)]
    await resources.inbox.read(ANNA, [made[4]])

    unread, rows = await store.unread_at_join(resources.db, "acme", "anna", 3)

    assert (nothing, unread) == ((0, []), 4)
    assert [row.id for row in rows] == [made[3], made[2], made[1]]
