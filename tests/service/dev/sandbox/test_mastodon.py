"""The Mastodon instance of the sandbox, by docs.joinmastodon.org; and the sink for webhooks."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from service.dev.sandbox import Sandbox
from service.dev.sandbox.mastodon import Mastodon
from service.dev.sandbox.mastodon_posts import shown
from service.dev.sandbox.sink import SECRET, Sink

BEARER = {"Authorization": "Bearer sandbox-token"}
HERE = "/mastodon/api/v1"


@pytest.fixture
def mastodon(sandbox: Sandbox) -> Mastodon:
    return sandbox.peer(Mastodon)


async def post(
    caller: httpx2.AsyncClient, text: str, key: str = "", **more: Any
) -> httpx2.Response:
    headers = {**BEARER, "Idempotency-Key": key} if key else BEARER
    return await caller.post(f"{HERE}/statuses", json={"status": text, **more}, headers=headers)


async def attach(
    caller: httpx2.AsyncClient, media_type: str = "image/png", data: bytes = b"PNG"
) -> httpx2.Response:
    return await caller.post(
        "/mastodon/api/v2/media",
        files={"file": ("a.png", data, media_type)},
        data={"description": "A gate"},
        headers=BEARER,
    )


async def test_nobody_without_a_token_gets_in(caller: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = await caller.get(f"{HERE}/accounts/verify_credentials", headers=headers)
        assert (answer.status_code, answer.json()) == (
            401,
            {"error": "The access token is invalid"},
        )


async def test_a_status_is_posted_and_read(caller: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    made = (await post(caller, "Hello #Sea\n\nSee https://a.example/", language="en")).json()
    read = await caller.get(f"{HERE}/statuses/{made['id']}", headers=BEARER)
    page = await caller.get(made["url"])

    assert read.json() == made
    assert made["url"] == f"{sandbox.url}/mastodon/@garden/{made['id']}"
    assert made["language"] == "en"
    assert made["content"].startswith('<p>Hello <a href="/tags/Sea"')
    assert "Hello" in page.text


async def test_a_key_is_remembered_for_an_hour(
    caller: httpx2.AsyncClient, mastodon: Mastodon
) -> None:
    first = (await post(caller, "One", "k")).json()["id"]
    again = (await post(caller, "One, changed", "k")).json()["id"]
    other = (await post(caller, "Two", "l")).json()["id"]
    mastodon.posts.clock = lambda: time.time() + 3_601
    later = (await post(caller, "One", "k")).json()["id"]

    assert again == first
    assert len({first, other, later}) == 3


@pytest.mark.parametrize(
    ("text", "media", "complaint"),
    [
        ("x" * 501, [], "Text character limit of 500 exceeded"),
        ("", [], "Text can't be blank"),
        ("a", ["1"], "Record not found"),
    ],
)
async def test_what_does_not_fit_is_refused(
    caller: httpx2.AsyncClient, text: str, media: list[str], complaint: str
) -> None:
    answer = await post(caller, text, media_ids=media)

    assert answer.status_code in {404, 422}
    assert complaint in answer.json()["error"]
    assert (await post(caller, "x" * 500)).status_code == 200


async def test_media_are_processed_before_they_are_attached(caller: httpx2.AsyncClient) -> None:
    sent = await attach(caller)
    ident = sent.json()["id"]
    early = await post(caller, "Look", media_ids=[ident])
    polls = [await caller.get(f"{HERE}/media/{ident}", headers=BEARER) for _ in range(2)]
    made = await post(caller, "Look", media_ids=[ident])
    file = await caller.get(made.json()["media_attachments"][0]["url"])

    assert (sent.status_code, sent.json()["url"]) == (202, None)
    assert early.status_code == 422
    assert [poll.status_code for poll in polls] == [206, 200]
    assert made.json()["media_attachments"][0]["description"] == "A gate"
    assert (file.content, file.headers["content-security-policy"]) == (b"PNG", "sandbox")
    assert (await attach(caller, "application/zip")).status_code == 422


async def test_counters_grow_by_the_minute_and_never_shrink(
    caller: httpx2.AsyncClient, mastodon: Mastodon
) -> None:
    made, began = (await post(caller, "Hello")).json(), datetime.now(UTC)
    seen = []
    for minutes in (0, 0, 10, 100):
        mastodon.posts.clock = (began + timedelta(minutes=minutes, seconds=1)).timestamp
        seen.append((await caller.get(f"{HERE}/statuses/{made['id']}", headers=BEARER)).json())

    likes = [one["favourites_count"] for one in seen]
    assert likes == [likes[0], likes[0], likes[0] + 30, likes[0] + 300]
    assert seen[3]["reblogs_count"] == likes[3] // 4
    assert seen[3]["replies_count"] == likes[3] // 10


async def test_statuses_are_paged_by_link(caller: httpx2.AsyncClient, mastodon: Mastodon) -> None:
    ids = [mastodon.posts.post("garden", f"Number {n}", [], "", "").id for n in range(45)]
    account = (await caller.get(f"{HERE}/accounts/verify_credentials", headers=BEARER)).json()["id"]

    first = await caller.get(f"{HERE}/accounts/{account}/statuses?limit=99", headers=BEARER)
    second = await caller.get(first.links["next"]["url"], headers=BEARER)

    assert [one["id"] for one in first.json()] == ids[:4:-1]
    assert [one["id"] for one in second.json()] == ids[4::-1]
    assert "next" not in second.links


async def test_more_calls_than_the_rate_are_refused_until_the_window_ends(
    caller: httpx2.AsyncClient, mastodon: Mastodon
) -> None:
    told = {"rate": 2, "window_seconds": 60}
    assert (await caller.put("/mastodon/_policy", json=told)).status_code == 200

    answers = [
        await caller.get(f"{HERE}/accounts/verify_credentials", headers=BEARER) for _ in range(3)
    ]
    mastodon.posts.clock = lambda: time.time() + 61
    later = await caller.get(f"{HERE}/accounts/verify_credentials", headers=BEARER)

    assert [answer.status_code for answer in (*answers, later)] == [200, 200, 429, 200]
    left = [answer.headers["x-ratelimit-remaining"] for answer in answers]
    assert left == ["1", "0", "0"]
    reset = datetime.fromisoformat(answers[2].headers["x-ratelimit-reset"])
    assert timedelta(0) < reset - datetime.now(UTC) <= timedelta(seconds=60)


@pytest.mark.parametrize("policy", [{"rate": 0}, {"speed": 1}, [], "x"])
async def test_a_policy_that_makes_no_sense_is_refused(
    caller: httpx2.AsyncClient, policy: Any
) -> None:
    assert (await caller.put("/mastodon/_policy", json=policy)).status_code == 422


async def test_the_page_shows_what_was_posted_and_runs_nothing_of_it(
    caller: httpx2.AsyncClient,
) -> None:
    empty = await caller.get("/mastodon/@garden")
    await post(caller, "<script>alert(1)</script> & more")

    page = await caller.get("/mastodon/@garden")

    assert "Nothing was posted yet" in empty.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page.text
    assert "favourites" in page.text
    assert (await caller.get("/mastodon/@nobody")).status_code == 404


def test_links_are_shown_whole_behind_hidden_ends() -> None:
    markup = shown("https://garden.example/opening?day=sunday&hour=ten")

    assert '<span class="invisible">https://</span>' in markup
    assert "&amp;hour" in markup


async def test_the_sink_takes_what_is_signed_once(
    caller: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    body, now = json.dumps({"type": "t", "data": {"n": 1}}), datetime.now(UTC)
    headers = {
        "webhook-id": "a:b",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("a:b", now, body),
    }

    taken = [await caller.post("/sink/posts", content=body, headers=headers) for _ in range(2)]
    forged = await caller.post("/sink/posts", content=body + " ", headers=headers)
    listed = await caller.get("/sink/posts")

    assert [answer.status_code for answer in (*taken, forged)] == [200, 200, 401]
    assert listed.json() == [json.loads(body)]
    assert (await caller.get(taken[0].json()["url"])).json() == json.loads(body)
    assert sandbox.peer(Sink).tries == {"a:b": 2}
    assert (await caller.get("/sink/posts/other")).status_code == 404
