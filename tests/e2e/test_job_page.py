"""The page of a job that needs an answer, a brain dump for one, and of one that has children."""

import base64
import json
import re
from typing import Any

import httpx2
import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.e2e.browser import Product, Watched

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

SUBMIT = """async ([kind, args]) => {
  const headers = {"Content-Type": "application/json"};
  const body = JSON.stringify({kind, args});
  return (await (await fetch("/api/jobs", {method: "POST", headers, body})).json()).id;
}"""
GARDEN = {
    "wait_seconds": 300,
    "proposals": [
        {"op": "plant", "id": "a", "about": "Plant roses", "what": "Roses", "day": "2027-04-01"},
        {"op": "plant", "id": "b", "about": "Plant leeks in the north", "what": "Leeks", "bed": "north"},
        {"op": "water", "id": "c", "about": "Water the lawn"},
    ],
}  # fmt: skip

NOTES = """Project: Garden by 2027-05-01
Dig the beds
Call the plumber before 2026-12-04!
Sell the old lamp"""
TASKS = """async () => {
  const {data} = await (await fetch("/api/tasks")).json();
  return data.map(({title, due_on}) => `${title} ${due_on}`).sort();
}"""


async def open_job(page: Page, kind: str, args: dict[str, Any]) -> str:
    job = str(await page.evaluate(SUBMIT, [kind, args]))
    await page.goto(f"{page.url.partition('#')[0]}#/jobs/{job}")
    return job


async def tab(context: BrowserContext, address: str) -> Page:
    other = await context.new_page()
    await other.goto(address)
    return other


def state(page: Page) -> Locator:
    return page.locator(".titled .badge")


def request(page: Page) -> Locator:
    return page.get_by_role("region", name="Needs an answer")


def proposal(page: Page, about: str) -> Locator:
    return page.locator(".proposals > li").filter(has=page.get_by_label(about))


def output(page: Page) -> Locator:
    return page.get_by_role("log", name="Output")


async def result(page: Page) -> Any:
    await expect(state(page)).to_have_text("Succeeded")
    return json.loads(await page.locator(".outcome details pre").text_content() or "")


async def test_a_question_is_answered_once_and_every_tab_sees_it(
    page: Page, context: BrowserContext
) -> None:
    await open_job(page, "ask", {"requests": 2})
    await expect(request(page)).to_contain_text("Request 1?")
    await expect(page.locator(".list .badge").first).to_have_text("Needs an answer")
    other = await tab(context, page.url)
    await expect(request(other)).to_contain_text("Request 1?")

    await page.get_by_label("Approved").check()
    await page.get_by_label("Amount").fill("3")
    await page.get_by_role("button", name="Send answer").click()
    for shown in (page, other):
        await expect(request(shown).get_by_role("alert").first).to_have_text(
            "the amount must be even"
        )
    await expect(page.get_by_label("Approved")).to_be_checked()
    await expect(page.get_by_label("Amount")).to_be_focused()
    await page.get_by_label("Amount").fill("4")
    await page.get_by_role("button", name="Send answer").click()
    await expect(request(page)).to_contain_text("Request 2?")
    await expect(page.get_by_label("Amount")).to_have_value("0")
    await expect(request(other)).to_contain_text("Request 2?")
    await other.get_by_role("button", name="Send answer").click()

    await expect(state(page)).to_have_text("Succeeded")
    for shown in (page, other):
        await expect(request(shown)).to_be_hidden()
    assert await result(page) == [
        {"approved": True, "amount": 4},
        {"approved": False, "amount": 0},
    ]
    await expect(page.locator(".timeline strong")).to_contain_text(
        ["Input requested", "Input received", "Input requested", "Input received"]
    )


async def test_an_answer_that_comes_second_is_told_so(page: Page, watched: Watched) -> None:
    watched.expects_network_trouble = True
    job = await open_job(page, "ask", {})
    await expect(request(page)).to_be_visible()
    path = f"/api/jobs/{job}/input"
    refusal = {"status": 409, "json": {"code": "wrong_state", "detail": "Not now"}}
    await page.route(f"**{path}", lambda route: route.fulfill(**refusal))

    await page.get_by_role("button", name="Send answer").click()

    await expect(page.get_by_text("It is no longer waiting for this answer.")).to_be_visible()
    await expect(page.get_by_role("button", name="Send answer")).to_be_enabled()


async def test_proposals_are_accepted_edited_and_rejected_by_keyboard_alone(
    page: Page, watched: Watched
) -> None:
    watched.expects_network_trouble = True
    await open_job(page, "review", GARDEN)
    count = request(page).get_by_text(re.compile("of 3 accepted"))
    await expect(count).to_have_text("3 of 3 accepted")

    await page.get_by_label("Plant leeks in the north").press("Space")
    await expect(count).to_have_text("2 of 3 accepted")
    await expect(proposal(page, "Plant leeks").locator("details")).to_be_hidden()
    roses = proposal(page, "Plant roses")
    await roses.locator("summary").press("Enter")
    await roses.get_by_label("What").fill("")
    await roses.get_by_label("Day").fill("")
    await roses.get_by_label("Bed").select_option("North bed")
    await roses.locator("summary").press("Enter")
    await page.get_by_role("button", name="Send answer").press("Enter")

    await expect(roses.locator('[data-pointer$="/what"] .fault')).to_have_text(
        "This field is required"
    )
    await expect(roses.get_by_label("What")).to_be_focused()
    await expect(roses.get_by_label("What")).to_have_attribute("aria-invalid", "true")
    await page.keyboard.type("White roses")
    await page.keyboard.press("Enter")
    made = (await result(page))["proposals"]
    assert [(one["id"], one["accept"]) for one in made] == [("a", True), ("b", False), ("c", True)]
    assert made[0] | {"what": "White roses", "day": None, "bed": "north"} == made[0]
    assert made[1]["what"] == "Leeks"


async def test_a_reload_and_a_phone_show_the_same_request_and_what_was_said_before_it(
    page: Page, context: BrowserContext
) -> None:
    await open_job(page, "review", GARDEN)
    said = "Plant roses\nPlant leeks in the north\nWater the lawn\n"
    await expect(request(page)).to_contain_text(re.compile(r"Time left: [45] min"))

    await page.reload()
    other = await tab(context, page.url)
    await other.set_viewport_size({"width": 375, "height": 700})

    for shown in (page, other):
        await expect(output(shown)).to_have_text(said)
        await expect(request(shown).get_by_role("checkbox")).to_have_count(3)
    await other.locator(".proposals summary").first.click()
    assert await other.evaluate("document.documentElement.scrollWidth") == 375
    await other.get_by_role("button", name="Reject all").click()
    await other.get_by_role("button", name="Send answer").click()
    made = (await result(page))["proposals"]
    assert [one["accept"] for one in made] == [False] * 3
    await expect(request(page)).to_be_hidden()


async def test_a_family_is_one_tree_and_one_timeline(page: Page) -> None:
    asking = {"child": "ask", "each": [{}]}
    await open_job(page, "parent", {"child": "parent", "each": [{"each": [{"value": 1}]}, asking]})
    children = page.get_by_role("region", name="Child jobs")
    asks = children.get_by_role("listitem").filter(has_text="Needs an answer").last

    await expect(children).to_contain_text("2 of 4 finished")
    await expect(asks).to_contain_text("Ask")
    await expect(page.locator(".timeline li")).to_have_count(13)
    before = await page.locator(".timeline li").all_text_contents()
    await page.reload()
    await expect(page.locator(".timeline li")).to_have_text(before)
    await asks.get_by_role("link", name="Ask").click()
    await page.get_by_role("button", name="Send answer").click()
    await expect(state(page)).to_have_text("Succeeded")
    await page.locator(".facts").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Parent")).to_be_visible()
    await page.locator(".facts").get_by_role("link").click()

    await expect(children).to_contain_text("4 of 4 finished")
    steps = await page.locator(".timeline li").all_text_contents()
    assert len(steps) > len(before)
    assert "Input received" in "".join(steps)
    assert "Succeeded" in steps[-1]
    await expect(page.locator(".timeline li:not(.child) strong")).to_have_text(
        ["Queued", "Started", "Succeeded"]
    )


def sandbox(product: Product) -> str:
    found = re.search(r"services are played at (http://\S+?),", product.program.said)
    assert found is not None
    return found[1]


async def one_slow_answer(product: Product) -> None:
    """Have the model's next answer begin late: the other extraction is told long before it."""
    async with httpx2.AsyncClient(base_url=sandbox(product)) as client:
        slow = {"delay_seconds": 6, "times": 1}
        assert (await client.put("/_switches/llm", json=slow)).is_success


async def test_a_brain_dump_is_looked_through_while_its_worker_dies_and_done_once(
    page: Page, context: BrowserContext, product: Product
) -> None:
    await one_slow_answer(product)
    await page.goto(f"{product.address}/#/new/brain_dump_processing")
    await page.get_by_label("Text").fill(NOTES)
    await page.get_by_role("button", name="Submit job").click()

    # What is found comes in while the rest is still being read, for every tab and after a reload.
    await expect(output(page)).to_have_text(re.compile(r"\S.*\n", re.DOTALL))
    request = page.get_by_role("region", name="Needs an answer")
    await expect(request).to_be_hidden()
    early = await output(page).text_content() or ""
    await page.reload()
    other = await context.new_page()
    await other.goto(page.url)
    for shown in (page, other):
        await expect(output(shown)).to_contain_text("4 operations to confirm")
    assert await output(page).text_content() == await output(other).text_content()
    assert (await output(page).text_content() or "").startswith(early)

    # One is edited, one rejected. The worker dies meanwhile: what was typed stays.
    plumber = page.locator(".proposals > li").filter(has_text="Call the plumber")
    await plumber.locator("summary").click()
    await plumber.get_by_label("Title").fill("Call Mr Pipe")
    await plumber.get_by_label(re.compile("^Due")).fill("2026-12-05")
    await page.get_by_label(re.compile("Sell the old lamp")).uncheck()
    product.kill("worker")
    await expect(page.locator(".timeline strong")).to_contain_text(
        ["Input requested", "Started", "Input requested"], timeout=60_000
    )
    await expect(request).to_contain_text("3 of 4 accepted")
    await page.get_by_role("button", name="Send answer").click()

    for shown in (page, other):
        await expect(shown.locator(".titled .badge")).to_have_text("Succeeded")
        await expect(output(shown)).to_contain_text("3 operations done, 1 rejected")
        await expect(shown.get_by_role("region", name="Needs an answer")).to_be_hidden()
    assert await page.evaluate(TASKS) == ["Call Mr Pipe 2026-12-05", "Dig the beds null"]


UPLOAD = """async ([name, type, base64]) => {
  const body = new FormData();
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  body.append("file", new Blob([bytes], {type}), name);
  return (await (await fetch("/api/uploads", {method: "POST", body})).json()).id;
}"""
NOTE = base64.b64encode(b"dig <b>here</b>").decode()
EVIL = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def test_every_attempt_is_told_and_drawn_with_what_it_waited_for(page: Page) -> None:
    await open_job(page, "flaky", {"times": 1})
    await expect(state(page)).to_have_text("Succeeded")

    attempts = page.get_by_role("region", name="Attempts")
    await expect(attempts).to_contain_text("1 of 3 failed")
    await expect(attempts.get_by_role("listitem").nth(0)).to_contain_text("Attempt 2Succeeded")
    await expect(attempts.get_by_role("listitem").nth(1)).to_contain_text("not this time")
    tracks = page.locator(".lanes").get_by_role("img")
    await expect(tracks).to_have_count(2)
    await expect(tracks.nth(0)).to_have_accessible_name(
        re.compile(r"^queued .+, running, failed after")
    )
    await expect(tracks.nth(1)).to_have_accessible_name(
        re.compile(r"^retrying .+, running, succeeded after .+ m?s$")
    )
    assert await page.locator(".lanes rect").count() >= 4


async def test_the_picture_goes_on_while_a_job_runs_and_shows_its_children(page: Page) -> None:
    each = [{"child": "slow", "each": [{"seconds": 60}]}]
    await open_job(page, "parent", {"child": "parent", "each": each})
    child = page.locator(".lanes .of-child").filter(has_text="Slow")
    await expect(child).to_be_visible()
    track = child.get_by_role("img")
    await expect(track).to_have_accessible_name(re.compile(r"running .* so far$"))
    before = await track.get_attribute("aria-label") or ""
    await expect(track).not_to_have_accessible_name(before)

    await child.get_by_role("link").click()

    await expect(page.get_by_role("heading", name="Slow")).to_be_visible()
    path = page.get_by_role("navigation", name="Parent jobs").get_by_role("link")
    await expect(path).to_have_text(["Parent", "Parent"])
    await path.first.click()
    await page.get_by_role("button", name="Stop").click()
    await expect(state(page)).to_have_text("Stopped")


async def test_one_like_it_is_filled_in_and_what_is_typed_survives_a_reload(
    page: Page, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    job = await open_job(page, "slow", {"seconds": 0.1, "stubborn": True})
    await expect(state(page)).to_have_text("Succeeded")
    await page.get_by_role("button", name="Copy id").click()
    assert await page.evaluate("navigator.clipboard.readText()") == job
    await page.get_by_role("button", name="Copy as curl").click()
    command = await page.evaluate("navigator.clipboard.readText()")
    assert '"args":{"seconds":0.1,"stubborn":true}' in command

    await page.get_by_role("link", name="New one like it").click()
    await expect(page.get_by_label("Stubborn")).to_be_checked()
    await page.get_by_label("Seconds").fill("0.25")
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_label("Priority").fill("7")
    await expect_kept(page, '"priority":7')
    await page.goto(f"{page.url.partition('#')[0]}#/new/slow")
    await page.reload()

    await expect(page.get_by_text("What you had filled in is back.")).to_be_visible()
    await expect(page.get_by_label("Seconds")).to_have_value("0.25")
    await expect(page.get_by_label("Stubborn")).to_be_checked()
    await page.get_by_role("button", name="Submit job").click()
    await expect(state(page)).to_have_text("Succeeded")
    await expect(page.locator(".about-job .facts")).to_contain_text("Priority7")
    assert await page.evaluate("Object.keys(sessionStorage).join()") == ""


async def expect_kept(page: Page, text: str) -> None:
    """Wait until what is typed is kept in the tab's memory."""
    await page.wait_for_function(
        "text => Object.values(sessionStorage).some((kept) => kept.includes(text))", arg=text
    )


async def test_an_answer_half_filled_in_survives_a_reload(page: Page) -> None:
    await open_job(page, "review", GARDEN)
    await page.get_by_label("Water the lawn").uncheck()
    roses = proposal(page, "Plant roses")
    await roses.locator("summary").click()
    await roses.get_by_label("What").fill("White roses")
    await expect_kept(page, "White roses")

    await page.reload()

    await expect(request(page)).to_contain_text("2 of 3 accepted")
    await page.get_by_role("button", name="Send answer").click()
    made = (await result(page))["proposals"]
    assert [one["accept"] for one in made] == [True, True, False]
    assert made[0]["what"] == "White roses"


async def test_files_of_a_job_are_named_saved_and_shown(page: Page) -> None:
    files = [
        ["notes.txt", "text/plain", NOTE],
        ["dot.png", "image/png", DOT],
        ["a.svg", "image/svg+xml", EVIL],
    ]
    media = [{"upload_id": await page.evaluate(UPLOAD, file)} for file in files]

    await open_job(page, "echo", {"value": {"media": media}})

    outcome = page.locator(".outcome")
    await expect(outcome.locator(".file-view strong")).to_have_text(
        ["notes.txt", "dot.png", "a.svg"]
    )
    await expect(outcome.locator(".file-view pre")).to_have_text("dig <b>here</b>")
    shown = outcome.get_by_role("img", name="dot.png")
    await expect(shown).to_have_js_property("naturalWidth", 1)
    await expect(outcome.locator("img")).to_have_count(1)
    async with page.expect_download() as saved:
        await outcome.get_by_role("link", name="Save").last.click()
    assert (await saved.value).suggested_filename == "a.svg"
