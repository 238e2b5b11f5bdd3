"""The Twilio of the sandbox, by its documentation: account, numbers that fail, pages, call-backs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import httpx2
import pytest

from jobs.providers.twilio_signature import is_signed
from service.dev.sandbox import Sandbox
from service.dev.sandbox.twilio import Twilio
from service.dev.sandbox.twilio_messages import ACCOUNT, AUTH_TOKEN, SENDER

HERE = f"/twilio/2010-04-01/Accounts/{ACCOUNT}"
AUTH = httpx2.BasicAuth(ACCOUNT, AUTH_TOKEN)
TO = "+15005550123"
MESSAGE = {"To": TO, "From": SENDER, "Body": "The garden opens at nine."}


@pytest.fixture
def twilio(sandbox: Sandbox) -> Twilio:
    found = sandbox.peer(Twilio)
    found.policy.step_seconds = 0
    return found


async def send(caller: httpx2.AsyncClient, **changed: str) -> httpx2.Response:
    return await caller.post(f"{HERE}/Messages.json", data={**MESSAGE, **changed}, auth=AUTH)


async def test_only_the_account_gets_in(caller: httpx2.AsyncClient) -> None:
    for auth in (None, httpx2.BasicAuth(ACCOUNT, "wrong"), httpx2.BasicAuth("AC1", AUTH_TOKEN)):
        answer = await caller.get(f"{HERE}/Messages.json", auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    other = HERE.replace(ACCOUNT, "AC1")
    assert (await caller.get(f"{other}/Messages.json", auth=AUTH)).status_code == 401


async def test_a_text_is_taken_read_and_shown(caller: httpx2.AsyncClient, twilio: Twilio) -> None:
    made = await send(caller, Body="<b>Nine</b>")
    sid = made.json()["sid"]
    read = await caller.get(f"{HERE}/Messages/{sid}.json", auth=AUTH)
    unknown = await caller.get(f"{HERE}/Messages/SM1.json", auth=AUTH)
    page = (await caller.get("/twilio/")).text

    assert (made.status_code, made.json()["status"]) == (201, "queued")
    assert (read.json()["body"], read.json()["num_segments"]) == ("<b>Nine</b>", "1")
    assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)
    assert "&lt;b&gt;Nine&lt;/b&gt;" in page
    assert TO in page


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1_601}, 21617),
        ({"To": "030"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550004"}, 21610),
        ({"From": "+15005550007"}, 21606),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_what_twilio_would_not_take_is_refused_with_its_code(
    caller: httpx2.AsyncClient, twilio: Twilio, changed: dict[str, str], code: int
) -> None:
    answer = await send(caller, **changed)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert twilio.texts.taken == []


async def test_texts_are_listed_page_by_page(caller: httpx2.AsyncClient, twilio: Twilio) -> None:
    for number in range(5):
        twilio.texts.take(TO, SENDER, str(number), "")
    twilio.texts.take("+15005550124", SENDER, "another", "")

    found, path = [], f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B15005550123&PageSize=2"
    while path:
        page = (await caller.get(f"/twilio{path}", auth=AUTH)).json()
        found.append([message["body"] for message in page["messages"]])
        path = page["next_page_uri"]

    assert found == [["4", "3"], ["2", "1"], ["0"]]


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, asyncio.Queue[bytes]]]:
    """Take call-backs on a port of the test's own."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        heard.put_nowait(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


@pytest.mark.parametrize(
    ("to", "statuses", "code"),
    [
        (TO, ["sent", "delivered"], None),
        ("+15005530003", ["sent", "undelivered"], "30003"),
        ("+15005530001", ["failed"], "30001"),
    ],
)
async def test_call_backs_tell_the_way_of_a_text_and_are_signed(
    caller: httpx2.AsyncClient, twilio: Twilio, to: str, statuses: list[str], code: str | None
) -> None:
    async with listening() as (base, heard), asyncio.timeout(10):
        url = f"{base}/hooks?message=1"
        sid = (await send(caller, To=to, StatusCallback=url)).json()["sid"]
        told = [await heard.get() for _ in statuses]

    forms = []
    for request in told:
        head, _, body = request.partition(b"\r\n\r\n")
        fields = parse_qsl(body.decode())
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        signature = {name.lower(): value for name, value in lines}["x-twilio-signature"]
        assert is_signed(AUTH_TOKEN, signature, url, fields)
        assert not is_signed(AUTH_TOKEN, signature, f"{url}2", fields)
        forms.append(dict(fields))
    assert [form["MessageStatus"] for form in forms] == statuses
    assert {form["MessageSid"] for form in forms} == {sid}
    assert forms[-1].get("ErrorCode") == code


async def test_some_numbers_are_reached_at_the_second_try(twilio: Twilio) -> None:
    first, second = (twilio.texts.take("+15005630008", SENDER, "a", "") for _ in range(2))

    assert (first.ahead[-1], first.error_code) == ("failed", 30008)
    assert (second.ahead[-1], second.error_code) == ("delivered", None)


async def test_a_policy_can_be_changed(caller: httpx2.AsyncClient, twilio: Twilio) -> None:
    answer = await caller.put("/twilio/_policy", json={"call_backs": False})
    wrong = await caller.put("/twilio/_policy", json={"step_seconds": -1})

    assert (answer.status_code, twilio.policy.call_backs) == (200, False)
    assert (wrong.status_code, twilio.policy.step_seconds) == (422, 0)
