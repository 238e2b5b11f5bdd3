"""The browser client in several tabs of one browser: one connection, whoever holds it."""

import asyncio

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import Product
from tests.e2e.client_page import (
    EMPTY,
    ENDED,
    LISTEN,
    OpenPage,
    sign_in,
    submit,
    whole,
    words,
)
from tests.e2e.proxy import Proxy

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(90)]

WORDS = 30
STREAM = {"words": WORDS, "pause": 0.05}
WHOLE = whole(WORDS)


async def two_live(open_page: OpenPage) -> tuple[Page, Page]:
    first, second = await open_page(), await open_page()
    for page in (first, second):
        await page.evaluate("live()")
    return first, second


async def test_two_tabs_share_one_connection_and_both_hear_everything(
    open_page: OpenPage, between: Proxy
) -> None:
    first, second = await two_live(open_page)

    job_id = await submit(second, "stream", STREAM)
    await first.evaluate("id => void watch(id)", job_id)

    assert await first.evaluate(ENDED) == WHOLE
    assert await second.evaluate(ENDED) == WHOLE
    assert between.most_sockets == 1


async def test_when_the_tab_that_holds_the_connection_is_closed_another_goes_on(
    open_page: OpenPage, between: Proxy
) -> None:
    first, second = await two_live(open_page)
    await submit(second, "stream", STREAM)
    await second.evaluate("shows('[1:5]')")

    await first.close()

    assert await second.evaluate(ENDED) == WHOLE
    await between.comes_to(1)


async def test_when_the_tab_that_holds_the_connection_crashes_another_goes_on(
    open_page: OpenPage,
) -> None:
    first, second = await two_live(open_page)
    await submit(second, "stream", STREAM)
    await second.evaluate("shows('[1:5]')")

    session = await first.context.new_cdp_session(first)
    async with first.expect_event("crash"):
        crashing = asyncio.create_task(session.send("Page.crash"))  # is never answered
    crashing.cancel()

    assert await second.evaluate(ENDED) == WHOLE


async def test_a_tab_that_hangs_loses_the_connection_and_goes_on_as_a_listener(
    open_page: OpenPage, between: Proxy
) -> None:
    first, second = await two_live(open_page)
    await submit(second, "stream", {"words": 45, "pause": 0.13})
    job_id = await second.evaluate("heard.job.id")
    await first.evaluate("id => void watch(id)", job_id)
    await second.evaluate("shows('[1:3]')")

    hanging = asyncio.create_task(
        first.evaluate("() => { for (const end = Date.now() + 9000; Date.now() < end; ); }")
    )
    taken_over = await second.evaluate("live(() => jobcast.connection.leads)")
    ended = await second.evaluate(ENDED)
    await hanging

    assert taken_over["phase"] != "stopped"
    assert ended["shown"] == words(45)
    assert await first.evaluate(ENDED) == ended
    await between.comes_to(1)


async def test_a_frozen_tab_gives_the_connection_away_and_comes_back(open_page: OpenPage) -> None:
    first, second = await two_live(open_page)
    session = await first.context.new_cdp_session(first)
    await submit(second, "stream", STREAM)
    await second.evaluate("shows('[1:5]')")

    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    ended = await second.evaluate(ENDED)
    await session.send("Page.setWebLifecycleState", {"state": "active"})

    assert ended == WHOLE
    await first.evaluate("live()")
    job_id = await second.evaluate("heard.job.id")
    assert await first.evaluate("id => jobcast.store.get(id)?.state", job_id) == "succeeded"


UNREAD = """(wanted) => new Promise((resolve) => {
  globalThis.inbox ??= jobcast.inbox();
  const off = inbox.on("change", () => queueMicrotask(look));
  const look = () => {
    if (inbox.ready && inbox.unread === wanted) resolve(inbox.items[0]?.name) || off();
  };
  look();
})"""


async def test_what_is_read_on_one_device_is_read_on_the_other(
    open_page: OpenPage, browser: Browser, between: Proxy, product: Product
) -> None:
    page = await open_page()
    phone = await browser.new_context()
    await sign_in(phone, between.address, product.token)
    other = await phone.new_page()
    await other.goto(between.address + EMPTY)
    await other.evaluate(LISTEN, {})
    for shown in (page, other):
        await shown.evaluate(UNREAD, 0)

    await page.evaluate("jobcast.submit('echo', { value: 1 }, { notify: true }).then(() => {})")
    names = [await shown.evaluate(UNREAD, 1) for shown in (page, other)]
    await other.evaluate("inbox.read()")
    await page.evaluate(UNREAD, 0)

    assert names == ["job.succeeded"] * 2
    assert between.most_sockets == 2
    await phone.close()
