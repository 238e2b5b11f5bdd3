"""Long polls of a running product, held to the models of the protocol."""

import httpx2

from service.server import Server
from tests.service.conftest import Headers
from tests.service.ear import poll
from tests.service.work import Json, at_work, submit


async def test_polls_are_answered_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "stream", args={"words": 20, "fail_first": True})
    asked: Json = {"channel": ["me", f"job:{job['id']}"], "wait": 25}

    async with at_work(server.app):
        first = answer = await poll(browser, ann, **asked)
        answers = [first]
        while not answer["unsubbed"]:
            answer = await poll(browser, ann, **asked, cursor=answer["cursor"])
            answers.append(answer)
    lost = await poll(browser, ann, channel="me", cursor="other.1")

    assert {snapshot["channel"] for snapshot in first["snapshots"]} == {
        "user:ann",
        f"job:{job['id']}",
    }
    types = {event["type"] for answer in answers for event in answer["events"]}
    assert "job.succeeded" in types
    assert answer["unsubbed"] == [{"channel": f"job:{job['id']}", "code": "done"}]
    assert lost["gaps"] == [{"channel": "user:ann", "reason": "epoch"}]
    assert [snapshot["channel"] for snapshot in lost["snapshots"]] == ["user:ann"]


async def test_a_poll_that_nothing_can_follow_is_204(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "echo")
    asked: Json = {"channel": f"job:{job['id']}"}

    async with at_work(server.app):
        answer = await poll(browser, ann, **asked)
        while not answer["unsubbed"]:
            answer = await poll(browser, ann, **asked, cursor=answer["cursor"])
    over = await browser.get(
        "/api/events/poll", params=asked | {"cursor": answer["cursor"]}, headers=ann
    )

    assert over.status_code == 204
