"""Fetching: politely, within limits, with errors told apart."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from jobs.errors import ProviderError
from jobs.providers.web import HEADERS, Web
from tests.jobs.providers.site import PAGE, Site, refused, response, settings_for


async def test_a_page_is_fetched_with_a_fixed_identity(web: Web, site: Site) -> None:
    page = await web.get(site.url("/page#part"))

    assert page.body == b"<p>hello</p>"
    assert (page.media_type, page.charset, page.etag) == ("text/html", "utf-8", '"v1"')
    assert site.paths == ["/robots.txt", "/page"]
    asked = site.headers("/page")
    assert asked["user-agent"] == HEADERS["User-Agent"].lower()
    assert asked["host"] == site.host
    assert not {"cookie", "authorization", "referer"} & set(asked)


async def test_an_unchanged_page_has_no_body(web: Web, site: Site) -> None:
    site.pages["/page"] = response(status="304 Not Modified")

    page = await web.get(site.url("/page"), etag='"v1"', last_modified="yesterday")

    assert page.unchanged
    assert site.headers("/page")["if-none-match"] == '"v1"'
    assert site.headers("/page")["if-modified-since"] == "yesterday"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 T", "308 P"])
async def test_a_redirect_is_followed(web: Web, site: Site, status: str) -> None:
    site.pages["/old"] = response(status=status, location="/page")

    page = await web.get(site.url("/old"))

    assert page.url == site.url("/page")


async def test_redirects_end(web: Web, site: Site) -> None:
    site.pages["/loop"] = response(status="302 Found", location="/loop")

    assert await refused(web, site.url("/loop")) == "too_many_redirects"

    assert site.paths.count("/loop") == 6


async def test_what_robots_txt_disallows_is_not_asked_for(web: Web, site: Site) -> None:
    site.pages["/robots.txt"] = response(b"User-agent: Jobcast\nDisallow: /private/")

    assert await refused(web, site.url("/private/x")) == "robots"
    await web.get(site.url("/page"))

    assert site.paths == ["/robots.txt", "/page"]


async def test_robots_txt_that_fails_is_asked_for_later(web: Web, site: Site) -> None:
    site.pages["/robots.txt"] = response(status="503 Busy")
    with pytest.raises(ProviderError):
        await web.get(site.url("/page"))
    site.pages["/robots.txt"] = response(b"User-agent: *\nAllow: /")

    await web.get(site.url("/page"))

    assert site.paths == ["/robots.txt", "/robots.txt", "/page"]


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad", "503 Busy", "429 Slow", "408 Late"])
async def test_an_error_that_may_pass_is_worth_another_attempt(
    web: Web, site: Site, status: str
) -> None:
    site.pages["/page"] = response(status=status)

    with pytest.raises(ProviderError, match=status[:3]):
        await web.get(site.url("/page"))


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 No", "410 Gone", "204 No"])
async def test_an_error_that_stays_is_final(web: Web, site: Site, status: str) -> None:
    site.pages["/page"] = response(status=status)

    assert await refused(web, site.url("/page")) == f"http_{status[:3]}"


async def test_retry_after_is_obeyed_for_the_whole_host(web: Web, site: Site) -> None:
    site.pages["/busy"] = response(status="429 Slow", retry_after="120")
    with pytest.raises(ProviderError) as first:
        await web.get(site.url("/busy"))
    with pytest.raises(ProviderError) as second:
        await web.get(site.url("/page"))

    assert first.value.after == timedelta(seconds=120)
    assert second.value.after is not None
    assert timedelta(seconds=60) < second.value.after <= timedelta(seconds=120)
    assert "/page" not in site.paths


async def test_retry_after_may_be_a_date_and_is_bounded(web: Web, site: Site) -> None:
    far = format_datetime(datetime.now(UTC) + timedelta(days=9), usegmt=True)
    site.pages["/page"] = response(status="503 Busy", retry_after=far)

    with pytest.raises(ProviderError) as caught:
        await web.get(site.url("/page"))

    assert caught.value.after == timedelta(hours=1)


async def test_another_type_is_final(web: Web, site: Site) -> None:
    site.pages["/page"] = response(b"%PDF-1.7", content_type="application/pdf")

    assert await refused(web, site.url("/page")) == "wrong_type"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
async def test_a_compressed_page_is_unpacked(
    web: Web, site: Site, pack: Callable[[bytes], bytes]
) -> None:
    site.pages["/page"] = response(pack(b"hello " * 1_000), content_encoding="gzip")

    page = await web.get(site.url("/page"))

    assert page.body == b"hello " * 1_000


async def test_a_bomb_is_refused_after_its_first_bytes(web: Web, site: Site) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.pages["/page"] = response(bomb, content_encoding="gzip")

    assert await refused(web, site.url("/page")) == "page_too_large"


async def test_a_page_past_the_limit_is_refused(web: Web, site: Site) -> None:
    site.pages["/page"] = response(b"x" * 10_001)

    assert await refused(web, site.url("/page")) == "page_too_large"


async def test_an_unknown_or_broken_compression_is_an_error(web: Web, site: Site) -> None:
    site.pages["/page"] = response(b"x", content_encoding="br")
    assert await refused(web, site.url("/page")) == "wrong_encoding"

    site.pages["/page"] = response(b"no gzip at all", content_encoding="gzip")
    with pytest.raises(ProviderError):
        await web.get(site.url("/page"))


async def test_a_site_that_drips_is_given_up_in_time(site: Site) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(length=1_000_000))
        for _ in range(2_000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)  # the slowness of the site, not a wait of the test

    site.pages["/page"] = drip
    started = time.monotonic()

    async with Web(settings_for(site, web_timeout_seconds=0.3)) as web:
        with pytest.raises(ProviderError, match="in time"):
            await web.get(site.url("/page"))

    assert time.monotonic() - started < 5


async def test_endless_headers_are_given_up(web: Web, site: Site) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            writer.write(b"x-%d: %s\r\n" % (number, b"y" * 100))
            await writer.drain()

    site.pages["/page"] = endless

    with pytest.raises(ProviderError, match="reached"):
        await web.get(site.url("/page"))


async def test_a_site_that_is_down_is_worth_another_attempt() -> None:
    async with Site.open() as gone:
        pass

    async with Web(settings_for(gone)) as web:
        with pytest.raises(ProviderError, match="reached"):
            await web.get(gone.url("/"))


async def test_a_name_without_an_address_is_worth_another_attempt() -> None:
    async def nothing(host: str, port: int) -> list[str]:
        return []

    async with Web(settings_for(), nothing) as web:
        with pytest.raises(ProviderError, match="address"):
            await web.get("http://nowhere.example.com/")


async def test_a_host_is_asked_by_one_at_a_time(web: Web, site: Site) -> None:
    await asyncio.gather(*[web.get(site.url("/page")) for _ in range(5)])

    assert site.most_parallel == 1
    assert site.paths == ["/robots.txt", *["/page"] * 5]


async def test_two_hosts_are_asked_side_by_side() -> None:
    both = asyncio.Barrier(2)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await both.wait()
        writer.write(PAGE)

    async with (
        Site.open(page=meet) as one,
        Site.open(page=meet) as two,
        Web(settings_for(one, two)) as web,
    ):
        await asyncio.gather(web.get(one.url("/page")), web.get(two.url("/page")))

    assert one.paths == two.paths == ["/robots.txt", "/page"]


async def test_a_cancelled_fetch_frees_the_host(web: Web, site: Site) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.set()
        await reader.read()

    hanging = asyncio.Event()
    site.pages["/hang"] = hang
    fetching = asyncio.create_task(web.get(site.url("/hang")))
    await hanging.wait()

    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching

    assert (await web.get(site.url("/page"))).body
