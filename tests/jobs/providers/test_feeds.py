"""Fetching feeds: like pages, but of other types, and told where they have moved."""

import pytest

from jobs.errors import Discard
from jobs.providers.feeds import FEEDS, Feeds
from jobs.providers.web import Web
from tests.jobs.providers.site import PAGE, Site, response, settings_for


@pytest.fixture
def feeds(web: Web) -> Feeds:
    return Feeds(settings_for(feed_bad_days=3.0), web)


@pytest.mark.parametrize(
    "media_type",
    ["application/rss+xml", "application/atom+xml; charset=utf-8", "TEXT/XML", "text/html",
     "application/feed+json", "application/json", "text/plain", "application/octet-stream"],
)  # fmt: skip
async def test_feeds_go_by_many_types(feeds: Feeds, site: Site, media_type: str) -> None:
    site.pages["/feed"] = response(b"<rss/>", content_type=media_type)

    fetched = await feeds.get(site.url("/feed"), '"a"', "yesterday")

    assert fetched.body == b"<rss/>"
    asked = site.headers("/feed")
    assert asked["accept"] == FEEDS.accept
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"a"', "yesterday")


async def test_a_feed_may_be_of_no_type_at_all(feeds: Feeds, site: Site) -> None:
    site.pages["/feed"] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<rss/>"

    assert (await feeds.get(site.url("/feed"), "", "")).body == b"<rss/>"


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "audio/mpeg"])
async def test_what_cannot_be_a_feed_is_refused_unread(
    feeds: Feeds, site: Site, media_type: str
) -> None:
    site.pages["/feed"] = response(b"%PDF", content_type=media_type)

    with pytest.raises(Discard, match=f"{media_type}, not a feed") as caught:
        await feeds.get(site.url("/feed"), "", "")

    assert caught.value.code == "wrong_type"


async def test_a_page_is_still_refused_as_xml(web: Web, site: Site) -> None:
    site.pages["/page"] = response(b"<rss/>", content_type="application/rss+xml")

    with pytest.raises(Discard, match="not text or HTML"):
        await web.get(site.url("/page"))

    assert site.headers("/page")["accept"].startswith("text/html,")


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([], ""),
        (["301"], "/1"),
        (["308", "301"], "/2"),
        (["302"], ""),
        (["307", "301"], ""),
        (["301", "302", "308"], "/1"),
        (["303", "303"], ""),
    ],
)
async def test_only_what_moved_for_good_is_told(
    web: Web, site: Site, statuses: list[str], moved: str
) -> None:
    for number, status in enumerate(statuses):
        site.pages[f"/{number}"] = response(status=f"{status} Moved", location=f"/{number + 1}")
    site.pages[f"/{len(statuses)}"] = PAGE

    page = await web.get(site.url("/0"))

    assert page.url == site.url(f"/{len(statuses)}")
    assert page.moved_to == (site.url(moved) if moved else "")


async def test_an_unchanged_feed_tells_that_it_moved(feeds: Feeds, site: Site) -> None:
    site.pages["/old"] = response(status="301 Moved", location="/new")
    site.pages["/new"] = response(status="304 Not Modified")

    fetched = await feeds.get(site.url("/old"), '"a"', "")

    assert (fetched.unchanged, fetched.moved_to) == (True, site.url("/new"))


async def test_how_long_a_feed_may_fail_is_a_setting(feeds: Feeds) -> None:
    assert feeds.bad_after.days == 3
