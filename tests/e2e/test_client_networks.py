"""The browser client behind networks that cut, refuse and hold back, and pages that go and come back."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.e2e.browser import CHROMIUM, FLAGS, Product
from tests.e2e.client_page import (
    EMPTY,
    ENDED,
    LISTEN,
    OpenPage,
    sign_in,
    submit,
    whole,
)
from tests.e2e.proxy import Proxy

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(90)]

WORDS = 40
STREAM = {"words": WORDS, "pause": 0.05}
WHOLE = whole(WORDS)


async def transport(page: Page) -> str:
    return str((await page.evaluate("live()"))["transport"])


async def test_a_network_that_cuts_again_and_again_loses_and_doubles_nothing(
    open_page: OpenPage, between: Proxy
) -> None:
    page = await open_page()
    await page.evaluate("live()")
    between.cuts_after = 9

    await submit(page, "stream", STREAM)

    assert await page.evaluate(ENDED) == WHOLE
    assert between.asked["/api/ws"] > 2


async def test_where_websockets_are_refused_events_come_as_a_stream_and_so_they_do_on_the_next_page(
    open_page: OpenPage, between: Proxy
) -> None:
    between.refuses_upgrades = True
    page = await open_page()
    assert await transport(page) == "sse"
    refused = between.asked["/api/ws"]

    await page.reload()
    await page.evaluate(LISTEN, {})
    assert await transport(page) == "sse"
    await submit(page, "stream", STREAM)

    assert await page.evaluate(ENDED) == WHOLE
    assert between.asked["/api/ws"] == refused


async def test_a_stream_that_is_cut_again_and_again_loses_and_doubles_nothing(
    open_page: OpenPage, between: Proxy
) -> None:
    between.refuses_upgrades = True
    page = await open_page()
    assert await transport(page) == "sse"
    between.cuts_after = 9

    await submit(page, "stream", STREAM)

    assert await page.evaluate(ENDED) == WHOLE
    assert between.asked["/api/events"] > 2


async def test_where_streams_are_held_back_it_asks_again_and_again_instead(
    open_page: OpenPage, between: Proxy
) -> None:
    between.refuses_upgrades = between.holds_streams_back = True
    page = await open_page()

    assert await transport(page) == "poll"
    await submit(page, "stream", STREAM)

    assert await page.evaluate(ENDED) == WHOLE
    assert between.asked["/api/events"] == 2


async def test_what_ends_while_offline_is_known_as_soon_as_the_network_is_back(
    open_page: OpenPage, context: BrowserContext, between: Proxy, product: Product
) -> None:
    page = await open_page()
    await page.evaluate("live()")
    job_id = await submit(page, "stream", {"words": WORDS, "pause": 0.02})
    await page.evaluate("shows('[1:2]')")

    await context.set_offline(True)
    between.cut()
    await page.evaluate("live((status) => status.phase === 'reconnecting')")
    answer = await context.request.get(
        f"{product.address}/api/jobs/{job_id}",
        headers={"Prefer": "wait=20", "Authorization": f"Bearer {product.token}"},
    )
    assert (await answer.json())["state"] == "succeeded"
    await context.set_offline(False)

    assert await page.evaluate(ENDED) == WHOLE


async def test_a_reload_in_the_middle_shows_all_that_was_said_before(open_page: OpenPage) -> None:
    page = await open_page()
    job_id = await submit(page, "stream", STREAM)
    await page.evaluate("shows('[1:5]')")

    await page.reload()
    await page.evaluate(LISTEN, {})
    await page.evaluate("id => void watch(id)", job_id)

    assert await page.evaluate(ENDED) == WHOLE


@pytest.fixture
async def keeping_context() -> AsyncIterator[BrowserContext]:
    """Open a browser that keeps pages for "Back", which Playwright's others don't."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield await chromium.new_context()
        await chromium.close()


async def test_a_page_that_is_left_closes_and_one_that_is_come_back_to_goes_on(
    keeping_context: BrowserContext, between: Proxy, product: Product
) -> None:
    await sign_in(keeping_context, between.address, product.token)
    page = await keeping_context.new_page()
    await page.goto(between.address + EMPTY)
    await page.evaluate(LISTEN, {})
    await page.evaluate("live()")
    await submit(page, "stream", STREAM)
    await page.evaluate("shows('[1:5]')")
    await page.evaluate("globalThis.kept = true")

    await page.goto(between.address + "/dashboard/router.js")
    await between.comes_to(0)
    await page.go_back(wait_until="commit")

    assert await page.evaluate("globalThis.kept") is True
    assert await page.evaluate(ENDED) == WHOLE


async def test_signing_out_in_one_tab_ends_the_others_and_forgets_what_they_knew(
    open_page: OpenPage,
) -> None:
    first, second = await open_page(), await open_page()
    for page in (first, second):
        await page.evaluate("live()")
    await submit(second, "echo", {"value": 1})
    await second.evaluate(ENDED)
    for page in (first, second):
        await page.evaluate(
            "void (globalThis.stopped = new Promise((end) => jobcast.on('stopped', end)))"
        )

    await first.evaluate("jobcast.api.call('DELETE', 'api/session')")

    for page in (first, second):
        code = await page.evaluate("stopped.then((error) => error.code)")
        assert re.fullmatch("closed_4009|unauthenticated", code)
        assert await page.evaluate("list.items.length") == 0
