"""The overview, queues and workers, and the audit log in a real browser: live, and to each their own."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import DESKTOP, Product, Watched

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

ECHO = {"kind": "echo", "args": {"value": 1}}
FAILING = {"kind": "flaky", "args": {"how": "discard"}}
SLOW = {"kind": "slow", "args": {"seconds": 100}}
OWN = "jobs:read jobs:write"
CHARTS = ["Finished per minute", "Latency", "Waiting jobs", "Workers' slots"]
FINISHED = re.compile(r"Finished per minute\. (\d+) succeeded and (\d+) failed\.")


class Api:
    """The product by its API, as the operator that `make run` signs in."""

    def __init__(self, product: Product) -> None:
        headers = {"Authorization": f"Bearer {product.token}"}
        self.client = httpx2.AsyncClient(base_url=product.address, headers=headers, timeout=30)

    async def post(self, path: str, body: Any = None) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def ended(self, job: Any) -> None:
        """Submit a job and wait for its end."""
        headers = {"Prefer": "wait=20"}
        answer = await self.client.post("/api/jobs", json=job, headers=headers)
        assert answer.json()["finished_at"], answer.text


@pytest.fixture
async def api(product: Product) -> AsyncIterator[Api]:
    opened = Api(product)
    async with opened.client:
        yield opened


async def go(page: Page, where: str) -> None:
    await page.evaluate("where => { location.hash = where; }", f"#/{where}")


def chart(page: Page, title: str) -> Locator:
    return page.locator("figure.chart").filter(has=page.get_by_role("heading", name=title))


def figure(page: Page, title: str) -> Locator:
    return page.get_by_role("list", name="Right now").get_by_role("listitem").filter(has_text=title)


def queue(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def finished(page: Page) -> tuple[int, int]:
    """Return what the first chart's description says to have succeeded and failed."""
    picture = chart(page, CHARTS[0]).get_by_role("img")
    await expect(picture).to_have_attribute("aria-label", FINISHED)
    found = FINISHED.search(await picture.get_attribute("aria-label") or "")
    assert found is not None
    return int(found[1]), int(found[2])


async def test_the_overview_goes_on_by_itself_as_jobs_end(page: Page, api: Api) -> None:
    await go(page, "overview")
    before = await finished(page)
    canvas = await chart(page, CHARTS[0]).locator("canvas").element_handle()

    for job in (ECHO, ECHO, FAILING):
        await api.ended(job)

    await expect(chart(page, CHARTS[0]).get_by_role("img")).to_have_attribute(
        "aria-label",
        f"{CHARTS[0]}. {before[0] + 2} succeeded and {before[1] + 1} failed.",
    )
    await expect(page.locator("figure.chart h2")).to_have_text(CHARTS)
    await expect(figure(page, "Slots taken")).to_contain_text("1 worker")
    failure = page.get_by_role("region", name="Last failures").get_by_role("link", name="Flaky")
    await expect(failure.first).to_contain_text("never again")
    assert canvas is not None
    assert await canvas.evaluate("canvas => canvas.isConnected")


async def test_a_chart_tells_its_values_at_the_cursor_and_as_a_table(page: Page, api: Api) -> None:
    await api.ended(ECHO)
    await go(page, "overview?window=1h")
    drawn = chart(page, CHARTS[0])
    await finished(page)

    box = await drawn.locator(".u-over").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    await expect(drawn.locator(".tip")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    await expect(chart(page, CHARTS[1]).locator(".tip")).to_be_visible()
    await expect(drawn.locator(".legend b").last).to_have_text("0")
    await drawn.get_by_text("As a table").click()
    table = drawn.get_by_role("table", name=CHARTS[0])
    await expect(table.get_by_role("row")).to_have_count(61)
    await expect(table.get_by_role("columnheader")).to_have_text(["Time", "Failed", "Succeeded"])


async def test_the_window_is_kept_in_the_address_and_colours_follow_the_theme(page: Page) -> None:
    await go(page, "overview")
    await finished(page)

    await page.get_by_text("24 hours").click()
    await expect(page).to_have_url(re.compile("window=24h$"))
    await page.get_by_text("As a table").nth(1).click()
    rows = chart(page, CHARTS[1]).get_by_role("row")
    await expect(rows).to_have_count(97)
    await page.get_by_text("Dark", exact=True).click()
    await expect(chart(page, CHARTS[0]).locator("canvas")).to_have_count(1)
    await page.reload()
    await expect(page.get_by_role("radio", name="24 hours")).to_be_checked()
    await page.get_by_text("Auto", exact=True).click()


async def test_a_queue_is_paused_and_resumed_and_the_log_says_by_whom(page: Page, api: Api) -> None:
    await go(page, "queues")
    await queue(page, "default").get_by_role("button", name="Pause default").click()
    await page.get_by_role("dialog").get_by_role("button", name="Pause").click()

    await expect(queue(page, "default")).to_contain_text("by demo")
    await api.post("/api/jobs", ECHO)
    await expect(queue(page, "default").get_by_role("row", name="Echo")).to_contain_text("demo")
    await expect(queue(page, "default").locator("dd").first).to_have_text("1")
    await page.get_by_role("link", name="Who paused it, and when").click()
    await expect(page.get_by_role("row").nth(1)).to_contain_text("queue.pause")
    await expect(page.get_by_role("searchbox", name="On")).to_have_value("queue:default")
    await page.go_back()
    await queue(page, "default").get_by_role("button", name="Resume default").click()
    await page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    await expect(queue(page, "default").locator(".badge")).to_have_text("Open")
    await expect(queue(page, "default").locator("dd").first).to_have_text("0")


async def test_a_worker_shows_how_full_it_is_and_what_it_runs(page: Page, api: Api) -> None:
    await go(page, "queues")
    worker = page.get_by_role("table", name="Workers").get_by_role("row").nth(1)
    await expect(worker).to_contain_text("Working")

    job = await api.post("/api/jobs", SLOW)

    await expect(worker).to_contain_text("Slow")
    await expect(worker).to_contain_text(re.compile(r"[1-9]\d* / 100"))
    await expect(worker).to_contain_text(re.compile(r"\d+\.\d MB"))
    await api.post(f"/api/jobs/{job['id']}/cancel")
    await expect(worker).not_to_contain_text("Slow")


async def test_the_audit_log_is_narrowed_and_leads_to_what_it_tells_of(
    page: Page, api: Api
) -> None:
    job = await api.post("/api/jobs", {**ECHO, "delay": 3600})
    await api.post(f"/api/jobs/{job['id']}/cancel")
    await api.post("/api/keys", {"name": "of the shop", "scopes": ["jobs:read"]})
    await go(page, "audit")
    rows = page.get_by_role("table", name="Audit log").get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("of the shop")

    await page.get_by_role("combobox", name="Action", exact=True).select_option("job.cancel")
    await expect(page).to_have_url(re.compile(r"action=job\.cancel"))
    await expect(rows.nth(1)).to_contain_text("job.cancel")
    await expect(rows.filter(has_text="key.create")).to_have_count(0)
    await page.get_by_role("searchbox", name="Who").fill("nobody of this name")
    await expect(page.get_by_text("Nothing of that kind was done")).to_be_visible()
    await page.get_by_role("button", name="Clear").click()
    await expect(page).not_to_have_url(re.compile("action="))
    await rows.filter(has_text=job["id"][-8:]).get_by_role("link").first.click()
    await expect(page.locator(".titled .badge")).to_have_text("Stopped")


async def test_who_is_no_operator_sees_their_own_and_no_levers(
    browser: Browser, product: Product, api: Api
) -> None:
    key = (await api.post("/api/keys", {"scopes": OWN.split()}))["key"]
    context = await browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # a plain dict
    watched = Watched(await context.new_page())
    watched.page.on("console", watched.hear)
    page = watched.page

    await page.goto(f"{product.address}/#token={key}")
    await page.locator(".indicator[data-live=yes]").wait_for()
    await go(page, "overview")
    await finished(page)
    await expect(figure(page, "Running now")).to_be_visible()
    await expect(chart(page, "Running jobs").get_by_role("img")).to_be_visible()
    await go(page, "queues")
    await expect(queue(page, "default").locator(".badge")).to_have_text("Open")
    await expect(page.get_by_role("button", name=re.compile("Pause|Resume"))).to_have_count(0)
    await expect(page.get_by_role("table", name="Workers")).to_have_count(0)
    await go(page, "audit")
    await expect(page.get_by_text("You are not allowed to see this.")).to_be_visible()
    await context.close()

    assert watched.complaints == []
