import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from tests.e2e.browser import Product, Watched

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "course-outline.pdf"

ODD_SCHEMA = {
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "loud": {"type": "boolean", "default": False, "title": "Loud"},
        "size": {"$ref": "#/$defs/Size"},
        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 3},
        "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/Stop"}},
        "note": {"type": "object", "properties": {"text": {"type": "string"}}},
        "anything": {"title": "Anything"},
    },
    "required": ["name", "size"],
    "$defs": {
        "Size": {"enum": ["small", "large"], "title": "Size"},
        "Stop": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "title": "City"},
                "days": {"type": "integer"},
            },
            "required": ["city"],
        },
    },
}


async def open_form(page: Page, kind: str) -> None:
    await page.goto(f"{page.url.partition('#')[0]}#/new/{kind}")
    await expect(page.locator(".kinds a[aria-current]")).to_have_text(
        kind.replace("_", " ").capitalize()
    )


async def submit(page: Page) -> None:
    await page.get_by_role("button", name="Submit job").click()
    await expect(page).to_have_url(re.compile("#/jobs/"))


async def submit_args(page: Page, kind: str, args: str) -> None:
    await open_form(page, kind)
    await page.get_by_role("button", name="Edit as JSON").click()
    await page.get_by_label("Args as JSON").fill(args)
    await submit(page)


def state(page: Page) -> Locator:
    return page.locator(".titled .badge")


async def test_the_printed_address_signs_in_and_leaves_no_token_behind(
    watched: Watched, product: Product
) -> None:
    page = watched.page

    await page.goto(product.signed_in)
    await expect(page.locator(".indicator")).to_contain_text("Live")

    assert page.url == f"{product.address}/"
    assert "token" not in await page.evaluate("JSON.stringify([history.state, document.cookie])")
    await page.reload()
    await expect(page.locator(".who")).to_have_text("demo")


async def test_a_token_pasted_into_the_open_page_is_taken_and_removed(
    page: Page, product: Product
) -> None:
    async with page.expect_navigation(url=f"{product.address}/"):
        await page.evaluate("token => { location.hash = `token=${token}` }", product.token)

    await expect(page.locator(".indicator")).to_contain_text("Live")
    assert "token" not in page.url


async def test_signing_out_and_in_again_by_hand(
    page: Page, watched: Watched, product: Product
) -> None:
    watched.expects_network_trouble = True

    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_label("Token").fill("not a token")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    await page.get_by_label("Token").fill(product.token)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.locator(".indicator")).to_contain_text("Live")


async def test_a_course_outline_goes_in_as_a_file_and_comes_out_as_a_timeline(
    page: Page, tmp_path: Path
) -> None:
    await open_form(page, "course_timeline_parsing")
    await page.locator("input[type=file]").set_input_files(SAMPLE)
    await submit(page)

    await expect(state(page)).to_have_text("Succeeded")
    events = page.get_by_role("region", name="Events")
    await expect(events.locator("tbody tr").nth(5)).to_be_visible()
    assert await events.get_by_role("cell", name=re.compile(r"^20\d\d-\d\d-\d\d$")).count() > 5
    steps = page.locator(".timeline strong")
    await expect(steps).to_have_text(["Queued", "Started", "Succeeded"])

    await page.reload()
    await expect(state(page)).to_have_text("Succeeded")
    await expect(events.locator("tbody tr").nth(5)).to_be_visible()
    await expect(steps).to_have_text(["Queued", "Started", "Succeeded"])
    picture = await page.screenshot(path=tmp_path / "timeline.png")
    assert picture.startswith(b"\x89PNG")


async def test_the_sample_of_a_kind_fills_its_form(page: Page) -> None:
    await open_form(page, "course_timeline_parsing")

    await page.get_by_role("button", name=re.compile("sample")).first.click()
    await submit(page)

    await expect(state(page)).to_have_text("Succeeded")


async def test_names_in_a_fields_description_are_set_as_code(page: Page) -> None:
    await open_form(page, "analytics_collection")

    hint = page.locator("[data-pointer='/args/connection_id'] .hint")
    await expect(hint).to_have_text("A connection of yours to mastodon")
    await expect(hint.locator("code")).to_have_text("mastodon")


async def test_what_the_server_refuses_is_said_at_the_field(page: Page, watched: Watched) -> None:
    watched.expects_network_trouble = True
    await open_form(page, "context_scraping")

    await page.get_by_label("Max Pages").fill("99")
    await page.get_by_role("button", name="Submit job").click()

    await expect(page.locator('[data-pointer="/args/url"] .fault')).to_contain_text("required")
    await expect(page.locator('[data-pointer="/args/max_pages"] .fault')).to_contain_text("20")
    assert "#/new/" in page.url


async def test_any_schema_becomes_a_form_that_sends_what_it_means(
    page: Page, watched: Watched
) -> None:
    watched.expects_network_trouble = True
    kind = {"kind": "odd", "description": "Odd", "args": ODD_SCHEMA, "result": {}}
    await page.route("**/api/kinds", lambda route: route.fulfill(json={"data": [kind]}))
    await page.reload()
    await open_form(page, "odd")

    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Loud").check()
    await page.get_by_label("Size", exact=True).select_option("large")
    await page.get_by_role("group", name="Stops").get_by_role("button", name="Add one").click()
    await page.get_by_label("City").fill("Paris")
    await page.get_by_role("group", name="Stops").get_by_role("button", name="Add one").click()
    await page.get_by_label("City").nth(1).fill("Rome")
    await page.get_by_role("button", name="Remove").first.click()
    await page.get_by_label("Anything").fill('{"deep": [1]}')
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await page.get_by_role("button", name="Submit job").click()

    posted: Any = (await sent.value).post_data_json
    assert posted["args"] == {
        "name": "Ada",
        "loud": True,
        "size": "large",
        "count": 3,
        "stops": [{"city": "Rome"}],
        "anything": {"deep": [1]},
    }


async def test_progress_is_live_and_stop_stops(page: Page, context: BrowserContext) -> None:
    await open_form(page, "slow")
    await page.get_by_label("Seconds").fill("60")
    await submit(page)

    await expect(state(page)).to_have_text("Running")
    bar = page.locator(".job .progress progress")
    await expect(page.locator(".progress .message")).to_have_text(re.compile("step .* of 600"))
    await expect(bar).to_have_attribute("value", re.compile("[1-9]"))
    before = await bar.get_attribute("value") or "0"
    await expect(bar).not_to_have_attribute("value", before)
    assert float(await bar.get_attribute("value") or 0) > float(before)
    other = await context.new_page()
    await other.goto(page.url)
    await expect(state(other)).to_have_text("Running")

    await other.get_by_role("button", name="Stop").click()

    for shown in (page, other):
        await expect(state(shown)).to_have_text("Stopped")
        await expect(shown.get_by_role("button", name="Stop")).to_be_hidden()
        await expect(shown.locator(".list .badge").first).to_have_text("Stopped")


async def test_a_stopped_job_can_be_run_again(page: Page) -> None:
    await submit_args(page, "slow", '{"seconds": 6}')
    await page.get_by_role("button", name="Stop").click()
    await expect(state(page)).to_have_text("Stopped")

    await page.get_by_role("button", name="Retry").click()

    await expect(page.locator(".progress .message")).to_have_text(re.compile("step .* of 60"))
    await expect(state(page)).to_have_text("Succeeded")


async def test_a_job_that_will_not_stop_says_that_it_was_asked(page: Page) -> None:
    await submit_args(page, "slow", '{"seconds": 4, "stubborn": true}')
    await expect(state(page)).to_have_text("Running")

    await page.get_by_role("button", name="Stop").click()

    await expect(state(page)).to_have_text("Stopping…")
    await expect(page.get_by_role("button", name="Stopping…")).to_be_disabled()
    await expect(page.get_by_role("button", name="Stopping…")).to_be_hidden()


async def test_the_output_of_a_retry_replaces_that_of_the_failed_attempt(page: Page) -> None:
    await submit_args(page, "stream", '{"words": 12, "fail_first": true}')

    await expect(state(page)).to_have_text("Succeeded")

    whole = " ".join(f"[2:{number}]" for number in range(12))
    await expect(page.get_by_role("log", name="Output")).to_have_text(whole)
    await expect(page.locator(".logs li")).to_have_count(7 + 12)
    await page.reload()
    await expect(page.get_by_role("log", name="Output")).to_have_text(whole)
    await expect(page.locator(".logs li")).to_have_count(7 + 12)


async def test_markup_in_what_a_job_says_stays_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"

    await submit_args(page, "echo", f'{{"value": {{"{evil}": ["javascript:alert(3)", "{evil}"]}}}}')
    await expect(state(page)).to_have_text("Succeeded")

    await expect(page.locator(".outcome")).to_contain_text("<script>alert(2)</script>")
    assert await page.locator("#main img, #main script, #main a[href^=javascript]").count() == 0


async def test_a_strangers_job_is_no_job(page: Page, watched: Watched) -> None:
    watched.expects_network_trouble = True

    await page.goto(f"{page.url}#/jobs/01990000-0000-7000-8000-000000000000")

    await expect(page.get_by_role("heading", name="No such job")).to_be_visible()


async def test_the_list_can_be_filtered(page: Page) -> None:
    await submit_args(page, "echo", '{"value": 1}')
    await expect(state(page)).to_have_text("Succeeded")
    rows = page.locator(".rows li:visible")

    await page.get_by_role("combobox", name="Kind").select_option("echo")
    await expect(rows.locator(".kind").first).to_have_text("Echo")
    await page.get_by_role("combobox", name="State").select_option("expired")

    await expect(rows).to_have_count(0)
    await expect(page.get_by_text("No job matches.")).to_be_visible()


RECORD_INDICATOR = """() => {
  const shown = [];
  const indicator = document.querySelector(".indicator");
  const everything = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(() => shown.push(indicator.textContent)).observe(indicator, everything);
  return shown;
}"""
"""Reconnecting may be over before anybody looks, so every text the indicator shows is kept."""


async def test_a_crash_of_the_web_process_is_survived_by_an_open_page(
    page: Page, watched: Watched, product: Product
) -> None:
    watched.expects_network_trouble = True
    await submit_args(page, "slow", '{"seconds": 6}')
    await expect(state(page)).to_have_text("Running")

    shown = await page.evaluate_handle(RECORD_INDICATOR)

    product.kill("web")

    await expect(state(page)).to_have_text("Succeeded")
    await expect(page.locator(".indicator")).to_contain_text("Live")
    assert any("Reconnecting" in text for text in await shown.json_value())


async def test_without_websockets_everything_is_still_live(
    context: BrowserContext, watched: Watched, product: Product
) -> None:
    async def refuse(socket: WebSocketRoute) -> None:
        await socket.close(code=4100)

    page = watched.page
    await context.route_web_socket(re.compile("/api/ws"), refuse)

    await page.goto(product.signed_in)
    await expect(page.locator(".indicator")).to_contain_text("Live")
    await expect(page.locator(".indicator")).to_have_attribute("title", "Transport: sse")
    await submit_args(page, "slow", '{"seconds": 2}')

    await expect(page.locator(".progress .message")).to_have_text(re.compile("step .* of 20"))
    await expect(state(page)).to_have_text("Succeeded")
    await expect(page.locator(".list .badge").first).to_have_text("Succeeded")


async def test_it_fits_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 375, "height": 700})

    for address in ("#/", "#/new/course_timeline_parsing"):
        await page.goto(f"{page.url.partition('#')[0]}{address}")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == 375, address
    await submit_args(page, "stream", '{"words": 5}')
    await expect(state(page)).to_have_text("Succeeded")
    assert await page.evaluate("document.documentElement.scrollWidth") == 375

    await page.get_by_role("link", name="← My jobs").click()

    await expect(page.locator(".rows li").first).to_be_visible()
    await expect(page.locator("#main")).to_be_hidden()
