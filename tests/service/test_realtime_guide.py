"""docs/realtime.md: the examples are what a server says, the tables are true, the client works."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
from websockets import ClientConnection, connect

from jobs.event_models import JobEventType
from realtime.close_codes import CLOSE_CODES
from realtime.settings import RealtimeSettings
from service.client import mint_token
from service.messages import CLIENT_FRAMES, ERROR_CODES, EVENTS, NOTICES, SERVER_FRAMES
from service.server import Server
from service.streams import STREAMS
from tests.service.conftest import SECRET, Headers, url
from tests.service.ear import ear
from tests.service.work import at_work, submit
from tests.wire import check, check_client_frame, check_event, check_frame

GUIDE = (Path(__file__).parents[2] / "docs" / "realtime.md").read_text()
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", GUIDE, re.DOTALL)
CHECKS: dict[str, Callable[[Any], None]] = {
    "server": check_frame,
    "client": check_client_frame,
    "event": lambda event: check_event(event["type"], event),
    "poll": lambda answer: check(answer, "PollAnswer"),
}


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_an_example_is_what_goes_over_the_wire(kind: str, text: str) -> None:
    CHECKS[kind](json.loads(text))


def test_there_is_an_example_of_each_kind() -> None:
    assert {kind for kind, _ in EXAMPLES} == set(CHECKS)


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, without its head."""
    table = GUIDE.split(f"# {heading}\n", 1)[1].split("\n|", 1)[1].split("\n\n", 1)[0]
    cells = (row.split("|")[1:-1] for row in table.splitlines()[2:])
    return [[cell.strip() for cell in row] for row in cells]


def test_the_close_codes_are_those_of_the_table() -> None:
    told = [[str(code.number), code.name, code.text, code.then] for code in CLOSE_CODES]

    assert rows("Close codes") == told


def test_the_error_codes_are_those_of_the_table() -> None:
    assert {code.strip("`"): text for code, text in rows("Error codes")} == ERROR_CODES


def test_limits_are_told_with_their_defaults() -> None:
    told = {
        found[1]: float(default)
        for name, default, _ in rows("Limits")
        if (found := re.match(r"`(\w+)`", name))
    }
    known = {name: field.default for name, field in RealtimeSettings.model_fields.items()}

    assert told == {name: known.get(name) for name in told}


def test_every_message_event_and_way_is_named() -> None:
    by_type: list[Any] = [model.model_fields["type"].annotation for model in EVENTS]
    types = {name for annotation in by_type for name in get_args(annotation)} | {"notification."}
    names = {*SERVER_FRAMES, *CLIENT_FRAMES, *NOTICES, *types, *get_args(JobEventType)}

    assert [name for name in sorted(names) if f"`{name}" not in GUIDE] == []
    assert [path for path in STREAMS if f"GET {path}" not in GUIDE] == []


class Client:
    """The client as the guide shows it, on a network that breaks."""

    def __init__(self) -> None:
        [code] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
        self._names: dict[str, Any] = {}
        self._opened: list[ClientConnection] = []
        exec(code, self._names)  # noqa: S102 - our own document
        self._names["connect"] = self._connect

    async def follow(self, server: Server, job_id: str) -> Any:
        address = url(server).replace("http", "ws", 1) + "/api/ws"
        return await self._names["follow"](address, mint_token(SECRET, user="ann"), job_id)

    def break_off(self) -> None:
        for connection in self._opened:
            connection.transport.abort()

    @asynccontextmanager
    async def _connect(self, address: str, **how: Any) -> AsyncIterator[ClientConnection]:
        async with connect(address, proxy=None, **how) as connection:
            self._opened.append(connection)
            yield connection


async def test_the_guides_client_follows_a_job_through_breaks_and_retries(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "stream", args={"words": 40, "fail_first": True})
    client = Client()

    async with ear(url(server), ann) as heard, asyncio.timeout(30):
        await heard.follow(f"job:{job['id']}")
        following = asyncio.create_task(client.follow(server, job["id"]))
        async with at_work(server.app):
            for kind in ("job.output", "job.retrying", "job.succeeded"):
                await heard.until_event(kind)
                client.break_off()
            found = await following

    assert (found.state, found.result, found.attempt) == ("succeeded", {"value": 40}, 2)
    assert found.output.decode() == "".join(f"[2:{number}] " for number in range(40))


async def test_the_guides_client_gives_up_on_what_it_may_not_hear(server: Server) -> None:
    with pytest.raises(LookupError):
        await Client().follow(server, "nothing")
