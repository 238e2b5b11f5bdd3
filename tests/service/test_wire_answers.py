"""What a running product answers, and how it ends a connection: as its documents say."""

import signal
from datetime import timedelta

import httpx2
import pytest

from service.client import mint_token
from service.server import Server, server_of
from service.settings import ServiceSettings
from tests.service.conftest import SECRET, Headers, serving, url
from tests.service.ear import ear
from tests.service.work import Json, at_work, submit
from tests.wire import check_frame

ME = {"channel": "me"}


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"heartbeat_seconds": 0.5})


async def test_the_end_of_a_session_is_told_as_described(server: Server) -> None:
    token = mint_token(SECRET, user="ann", lifetime=timedelta(seconds=2.5))

    async with ear(url(server), {"Authorization": f"Bearer {token}"}, ME) as heard:
        notice = await heard.once("expiring")
        await heard.until("bye", code=4201)

    assert 0 <= notice["seconds"] <= 60


async def test_orders_are_answered_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        await submit(browser, ann, "tell", args={"texts": ["one", "two"]})
        notice = await heard.until_event("notification.brief_completed")
        await heard.say(t="ack", i=1, channel="me", offset=notice["offset"])
        acked = await heard.until("ok", i=1)
        await heard.say(t="read", i=2, ids=[notice["data"]["id"]])
        await heard.say(t="read", i=3, all=True)
        read = [await heard.until("ok", i=2), await heard.until("ok", i=3)]
        job = await submit(browser, ann, "ask")
        await heard.until_event("job.input_requested")
        await heard.say(t="input", i=4, job=job["id"], data={"approved": "perhaps"})
        refused = await heard.until("err", i=4)
        await heard.say(t="input", i=5, job=job["id"], data={"approved": True})
        handed_in = await heard.until("ok", i=5)

    assert acked["acked"] >= 1
    assert sum(answer["read"] for answer in read) == 2
    assert read[-1]["unread"] == 0
    assert refused["error"]["code"] == "invalid_input"
    assert handed_in["job"] == job["id"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("nothing", "bad_request"),
        ("[1]", "bad_request"),
        ("{}", "bad_request"),
        ('{"t": "sub"}', "bad_request"),
        ('{"t": "sub", "i": {}, "channel": "me"}', "bad_request"),
        ('{"t": "dance", "i": "a"}', "unknown_type"),
        ('{"t": "sub", "i": 1, "channel": "job:nothing"}', "not_found"),
        ('{"t": "sub", "i": 1, "channel": "org:ann"}', "forbidden"),
        ('{"t": "sub", "i": 1, "channel": "me", "since": "?"}', "bad_cursor"),
        ('{"t": "auth", "i": 1, "ticket": "forged"}', "unauthenticated"),
        ('{"t": "cancel", "i": 1, "job": "nothing"}', "not_found"),
    ],
)
async def test_refusals_are_as_described(
    server: Server, ann: Headers, said: str, code: str
) -> None:
    async with ear(url(server), ann) as heard:
        await heard.shout(said)
        refusal = await heard.until("err")

    assert refusal["error"]["code"] == code


async def test_signs_of_life_and_leaving_are_as_described(server: Server, ann: Headers) -> None:
    async with ear(url(server), ann, ME) as heard:
        await heard.say(t="ping", i=1)
        await heard.say(t="ping")
        await heard.say(t="pong")
        await heard.say(t="unsub", i=2, channel="me")
        await heard.until("unsubbed", i=2, code="unsub")
        await heard.until("ping")
        await heard.say(t="bye")
        await heard.until("bye", code=1000)

    assert [frame.get("i") for frame in heard.frames if frame["t"] == "pong"] == [1, None]


async def test_bad_frames_end_with_a_bye_as_described(server: Server, ann: Headers) -> None:
    async with ear(url(server), ann) as heard:
        for _ in range(5):
            await heard.shout("[")
        await heard.until("bye", code=4000)
        await heard.connection.wait_closed()

    assert heard.connection.close_code == 4000


async def test_a_shutdown_is_announced_as_described(
    service_settings: ServiceSettings, ann: Headers
) -> None:
    server = server_of(service_settings)

    async with serving(server), ear(url(server), ann, ME) as heard:
        server.handle_exit(signal.SIGTERM, None)
        bye = await heard.until("bye")
        await heard.connection.wait_closed()

    assert bye["code"] == heard.connection.close_code == 1012
    assert bye["retry_ms"] > 0


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ({"t": "gap", "channel": "me", "reason": "epoch", "more": 1}, "Additional properties"),
        ({"t": "gap", "channel": "me"}, "required"),
        ({"t": "gap", "channel": "me", "reason": None}, "None is not one of"),
        ({"t": "pong", "i": None}, "None"),
        ({"t": "ev", "e": [{"type": "job.queued"}]}, r"\$\.e\[0\]"),
        ({"t": "welcome", "user": 1}, "1 is not of type|required"),
    ],
)
def test_what_is_not_described_is_noticed(frame: Json, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_frame(frame)
