"""The sandbox's sites: pages with validators, feeds that change when they are told to."""

import httpx2
import pytest

from jobs.providers.feed_documents import read_feed
from service.dev.sandbox import Sandbox
from service.dev.sandbox.sites import MOST_ITEMS, Sites

FEEDS = ("rss.xml", "atom.xml", "feed.json")


@pytest.mark.parametrize(
    "path", ["garden/soil.html", "garden/", "news/2", *(f"news/{f}" for f in FEEDS)]
)
async def test_what_is_served_has_validators_that_hold(
    caller: httpx2.AsyncClient, path: str
) -> None:
    first = await caller.get(f"/sites/{path}")
    tag, modified = first.headers["etag"], first.headers["last-modified"]

    by_tag = await caller.get(f"/sites/{path}", headers={"If-None-Match": f'"x", {tag}'})
    by_time = await caller.get(f"/sites/{path}", headers={"If-Modified-Since": modified})
    neither = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    changed = await caller.get(f"/sites/{path}", headers=neither)

    assert tag.startswith('"')
    assert [a.status_code for a in (first, by_tag, by_time, changed)] == [200, 304, 304, 200]
    assert (by_tag.content, by_tag.headers["etag"]) == (b"", tag)


@pytest.mark.parametrize("name", FEEDS)
async def test_a_new_item_on_demand_is_on_top_of_every_feed(
    caller: httpx2.AsyncClient, name: str
) -> None:
    before = await caller.get(f"/sites/news/{name}")

    made = await caller.post("/sites/_publish", json={"title": "Fish & chips", "summary": "<b>1"})

    known = {"If-None-Match": before.headers["etag"]}
    after = await caller.get(f"/sites/news/{name}", headers=known)
    feed = read_feed(after.content, None, str(after.url))
    assert (made.status_code, made.json()["number"]) == (201, 4)
    assert len(feed.items) == len(read_feed(before.content, None, str(after.url)).items) + 1
    assert (feed.items[0].title, feed.items[0].summary) == ("Fish & chips", "<b>1")
    assert feed.items[0].url == str(caller.base_url.join("/sites/news/4"))
    assert "Fish &amp; chips" in (await caller.get(feed.items[0].url)).text
    assert all(item.published_at and item.guid for item in feed.items)


async def test_feeds_move_end_and_break(caller: httpx2.AsyncClient) -> None:
    moved = await caller.get("/sites/old/feed.xml")
    gone = await caller.get("/sites/gone/feed.xml")
    broken = await caller.get("/sites/broken/feed.xml")

    assert (moved.status_code, gone.status_code, broken.status_code) == (301, 410, 200)
    assert moved.url.join(moved.headers["location"]).path == "/sites/news/rss.xml"
    assert broken.headers["content-type"].startswith("text/html")


async def test_nothing_but_the_sample_site_is_served(caller: httpx2.AsyncClient) -> None:
    for path in ("..%2f..%2fREADME.md", "missing.html", "%2e%2e/kinds.md", "../news/99"):
        assert (await caller.get(f"/sites/garden/{path}")).status_code == 404


async def test_what_is_published_wrongly_is_refused_and_nothing_grows_without_end(
    caller: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    refused = [
        await caller.post("/sites/_publish", content=body) for body in (b"[]", b"{", b"\xff")
    ]
    for _ in range(MOST_ITEMS + 5):
        sandbox.peer(Sites).publish("Again", "and again")
    listed = (await caller.get("/sites/_items")).json()

    assert [answer.status_code for answer in refused] == [400, 400, 400]
    assert (len(listed), listed[0]["number"]) == (MOST_ITEMS, MOST_ITEMS + 8)
    assert (await caller.post("/sites/_publish")).json()["title"] == f"News {MOST_ITEMS + 9}"
