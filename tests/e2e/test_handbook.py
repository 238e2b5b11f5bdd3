"""The documentation in a browser: searched, copied from, read on a phone and on paper, by everybody."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, expect

from jobs.settings import JobsSettings
from service.server import server_of
from service.settings import ServiceSettings
from tests.e2e.browser import Watched
from tests.e2e.lacking import lacking
from tests.e2e.soundness import AXE, Inspection
from tests.service.conftest import serving, url

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]

PHONE = {"width": 360, "height": 740}


@pytest.fixture
async def docs(settings: JobsSettings) -> AsyncIterator[str]:
    """Serve the documentation; it needs no worker. Asked for before the page, it outlives it."""
    server = server_of(
        ServiceSettings(
            database_url=settings.database_url,
            redis_url=settings.redis_url,
            storage_url=settings.storage_url,
            port=0,
            drain_seconds=0.0,
        )
    )
    async with serving(server):
        yield f"{url(server)}/docs"


async def look_for(page: Page, words: str) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type(words)
    await page.locator(".found li").first.wait_for()


async def test_a_reader_finds_a_word_by_the_keyboard_alone(docs: str, watched: Watched) -> None:
    page = watched.page
    await page.goto(docs)

    await look_for(page, "poison")
    await page.keyboard.press("ArrowDown")
    first = await page.evaluate("document.activeElement.href")
    await page.keyboard.press("Escape")
    await expect(page.locator(".found")).to_be_hidden()
    await page.get_by_role("searchbox").fill("idempotency_mismatch")
    await page.locator(".found li").first.wait_for()
    await page.keyboard.press("Enter")

    assert "/docs/" in first
    await expect(page).to_have_title("Problems – Jobcast")
    assert page.url == f"{docs}/problems#idempotency_mismatch"


async def test_code_is_copied_and_the_contents_follow_the_reader(
    docs: str, context: BrowserContext, watched: Watched
) -> None:
    page = watched.page
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{docs}/write-a-kind")

    code = page.locator(".code").first
    await code.hover()
    await code.get_by_role("button", name="Copy").click()
    await page.get_by_role("navigation", name="On this page").get_by_text("Its tests").click()

    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('"""Kind ``shout``: words, louder."""\n')
    await expect(page.locator(".contents [aria-current]")).to_have_text("Its tests")
    assert page.url.endswith("#its-tests")
    await page.get_by_role("link", name="Read on").click()
    await expect(page.locator("h1")).to_have_text("Testing a processor")


@pytest.mark.parametrize("name", ["", "/http/schedules", "/nowhere"])
async def test_everybody_can_read_a_page_by_day_and_by_night(
    docs: str, watched: Watched, name: str
) -> None:
    if not AXE.exists():
        lacking("axe-core (npm install --no-save axe-core@4)")
    watched.expects_network_trouble = True
    await watched.page.goto(f"{docs}{name}")
    inspection = Inspection(watched.page, "docs", root="main")

    await look_for(watched.page, "schedule")
    found = await inspection.axe()
    await watched.page.emulate_media(color_scheme="dark")
    found += await inspection.axe("color-contrast")

    assert found == []


async def test_a_phone_shows_the_pages_in_a_drawer_and_paper_shows_the_text_alone(
    docs: str, watched: Watched
) -> None:
    page = watched.page
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict
    await page.goto(f"{docs}/kinds")
    sideways = await page.evaluate("document.documentElement.scrollWidth > innerWidth")

    await page.get_by_role("button", name="All pages").click()
    await page.get_by_role("navigation", name="Pages").get_by_text("Schedules").click()

    await expect(page.locator("h1")).to_have_text("Schedules")
    await expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    assert not sideways
    await page.emulate_media(media="print")
    for part in ("header", ".sidebar", ".copy >> nth=0", ".way-on"):
        await expect(page.locator(part)).to_be_hidden()
    await expect(page.locator("main")).to_be_visible()
