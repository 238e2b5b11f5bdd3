"""What a browser asks over its WebSocket: the rights and the errors are those of HTTP."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette

from jobs.inbox import InboxFilter
from jobs.queue import Submission
from realtime.caller import Caller
from service.socket_commands import socket_commands
from tests.jobs.test_inbox import told
from tests.service.work import at_work, resources_of, until

SCOPES = frozenset({"jobs:read", "jobs:write"})
ANN = Caller("ann", "ann", SCOPES)
BOB = Caller("bob", "ann", SCOPES)
READER = Caller("ann", "ann", frozenset({"jobs:read"}))
WRITER = Caller("ann", "ann", frozenset({"jobs:write"}))
MISSING = "01a203fe-315d-7704-ba1e-0be741383f9a"


async def command(app: Starlette, caller: Caller, name: str, **fields: Any) -> dict[str, Any]:
    """Give a command as its frame comes in; other fields of a frame are left alone."""
    resources = resources_of(app)
    known = socket_commands(resources.queue, resources.inbox)
    return await known[name](caller, {"t": name, "i": 1, "later": {}, **fields})


async def refused(app: Starlette, caller: Caller, name: str, **fields: Any) -> str:
    """Give a command that is refused, and return the code that is told."""
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - whichever has the code
        await command(app, caller, name, **fields)
    return str(getattr(refusal.value, "code", "internal"))


async def unread(app: Starlette) -> int:
    return (await resources_of(app).inbox.list(ANN, InboxFilter())).unread


async def test_a_device_acknowledges_what_its_channel_told(app: Starlette) -> None:
    for _ in range(3):
        await told(resources_of(app), caller=ANN)

    by_alias = await command(app, ANN, "ack", channel="me", offset=1)
    by_name = await command(app, READER, "ack", channel="user:ann", offset=2)

    page = await resources_of(app).inbox.list(ANN, InboxFilter())
    assert (by_alias, by_name) == ({"acked": 1}, {"acked": 1})
    assert [entry.acked_at is not None for entry in page.data] == [False, True, True]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"channel": "user:bob", "offset": 1}, "not_found"),
        ({"channel": f"job:{MISSING}", "offset": 1}, "not_found"),
        ({"channel": "org:ann", "offset": 1}, "not_found"),
        ({"channel": "nothing", "offset": 1}, "not_found"),
        ({"channel": "me"}, "bad_request"),
        ({"offset": 1}, "bad_request"),
        ({"channel": 7, "offset": 1}, "bad_request"),
        ({"channel": "me", "offset": -1}, "bad_request"),
        ({"channel": "me", "offset": "1"}, "bad_request"),
        ({"channel": "me", "offset": True}, "bad_request"),
        ({"channel": "me", "offset": 1.0}, "bad_request"),
        ({"channel": "me", "offset": 2**63}, "bad_request"),
        ({"channel": "me", "offset": None}, "bad_request"),
    ],
    ids=str,
)
async def test_an_acknowledgement_that_makes_no_sense_is_refused(
    app: Starlette, fields: dict[str, Any], code: str
) -> None:
    assert await refused(app, ANN, "ack", **fields) == code


async def test_read_marks_some_or_all_and_tells_how_many_are_left(app: Starlette) -> None:
    made = [str(await told(resources_of(app), caller=ANN)) for _ in range(3)]

    some = await command(app, ANN, "read", ids=made[:1])
    foreign = await command(app, BOB, "read", ids=made)
    rest = await command(app, ANN, "read", all=True)

    assert some == {"read": 1, "unread": 2}
    assert foreign == {"read": 0, "unread": 0}
    assert rest == {"read": 2, "unread": 0}


@pytest.mark.parametrize(
    "fields",
    [{}, {"ids": []}, {"ids": "all"}, {"ids": [1]}, {"ids": ["x"]}, {"all": False},
     {"ids": [MISSING], "all": True}, {"ids": [MISSING] * 1001}, {"ids": ["\x00"]}],
    ids=range(9),
)  # fmt: skip
async def test_reading_must_say_what(app: Starlette, fields: dict[str, Any]) -> None:
    await told(resources_of(app), caller=ANN)

    assert await refused(app, ANN, "read", **fields) == "bad_request"
    assert await unread(app) == 1


async def test_input_is_handed_to_a_job_that_waits_for_it_once(app: Starlette) -> None:
    async with at_work(app):
        job = await waiting(app)

        misfit = await refused(app, ANN, "input", job=str(job), data={"approved": "perhaps"})
        others = await refused(app, BOB, "input", job=str(job), data={"approved": True})
        handed = await command(app, ANN, "input", job=str(job), data={"approved": True})
        late = await refused(app, ANN, "input", job=str(job), data={"approved": True})

    assert (misfit, others, late) == ("invalid_input", "not_found", "wrong_state")
    assert handed == {"job": str(job), "state": "running"}


async def waiting(app: Starlette) -> UUID:
    """Give a job that runs and waits for input."""
    resources = resources_of(app)
    job = await resources.queue.submit(ANN, Submission("ask", {}))

    async def look() -> Any:
        return await resources.records.get(ANN, job.id)

    await until(app, look, lambda found: found.awaiting)
    return job.id


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"job": MISSING, "data": {}}, "not_found"),
        ({"job": "nothing", "data": {}}, "not_found"),
        ({"job": 7, "data": {}}, "not_found"),
        ({"data": {}}, "not_found"),
        ({"job": MISSING}, "bad_request"),
        ({"job": MISSING, "data": "a\x00b"}, "invalid"),
        ({"job": MISSING, "data": {"\ud800": 1}}, "invalid"),
    ],
    ids=range(7),
)
async def test_input_that_makes_no_sense_is_refused(
    app: Starlette, fields: dict[str, Any], code: str
) -> None:
    assert await refused(app, ANN, "input", **fields) == code


async def test_input_nested_without_end_is_refused(app: Starlette) -> None:
    nested: Any = []
    for _ in range(900):
        nested = [nested]

    assert await refused(app, ANN, "input", job=MISSING, data=nested) == "malformed_json"


@pytest.mark.parametrize(
    ("caller", "name", "fields"),
    [
        (READER, "read", {"all": True}),
        (READER, "input", {"job": MISSING, "data": {}}),
        (READER, "cancel", {"job": MISSING}),
        (WRITER, "ack", {"channel": "me", "offset": 1}),
    ],
    ids=str,
)
async def test_a_command_needs_its_scope(
    app: Starlette, caller: Caller, name: str, fields: dict[str, Any]
) -> None:
    assert await refused(app, caller, name, **fields) == "forbidden"


async def test_a_ticket_for_one_job_orders_nothing_about_another(app: Starlette) -> None:
    queue = resources_of(app).queue
    followed, other = [
        str((await queue.submit(ANN, Submission("say", {"text": "a"}))).id) for _ in range(2)
    ]
    await told(resources_of(app), caller=ANN)
    narrow = replace(ANN, via="ticket", channels=frozenset({f"job:{followed}"}))

    refusals = [
        await refused(app, narrow, "cancel", job=other),
        await refused(app, narrow, "input", job=other, data={}),
        await refused(app, narrow, "read", all=True),
        await refused(app, narrow, "ack", channel="me", offset=1),
    ]
    stopped = await command(app, narrow, "cancel", job=followed)

    assert refusals == ["not_found"] * 4
    assert stopped == {"job": followed, "state": "cancelled"}
    assert await unread(app) == 1


@pytest.mark.parametrize("channels", [{"me"}, {"user:ann"}, {"me", "org:ann"}])
async def test_a_ticket_for_all_of_ones_own_orders_all_of_ones_own(
    app: Starlette, channels: set[str]
) -> None:
    submitted = await resources_of(app).queue.submit(ANN, Submission("say", {"text": "a"}))
    wide = replace(ANN, via="ticket", channels=frozenset(channels))

    stopped = await command(app, wide, "cancel", job=str(submitted.id))

    assert stopped["state"] == "cancelled"
