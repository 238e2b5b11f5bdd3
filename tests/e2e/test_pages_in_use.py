"""What people do on the pages of schedules, batches, failures, inbox, preferences, webhooks and keys."""

import re

import httpx2
import pytest
from playwright.async_api import Locator, Page, expect

from service.dev.child import becomes_true
from tests.e2e.soundness import SETTLED
from tests.e2e.tour import Tour, visiting

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]

MIXED = {
    "jobs": [
        *[{"kind": "flaky", "args": {"how": "discard", "times": 9}}] * 2,
        *[{"kind": "echo", "delay": 3600}] * 5,
        {"kind": "slow", "args": {"seconds": 110}},
    ]
}
SUBMIT = """async ([path, body]) => {
  const headers = {"Content-Type": "application/json"};
  const answer = await fetch(`/api/${path}`, {method: "POST", headers, body: JSON.stringify(body)});
  return (await answer.json()).id;
}"""


def row(page: Page, text: str) -> Locator:
    return page.locator("#main tbody tr").filter(has_text=text)


def dialog(page: Page) -> Locator:
    return page.locator("dialog[open]")


async def press(place: Page | Locator, name: str) -> None:
    await place.get_by_role("button", name=name, exact=True).click()


async def told_once(page: Page) -> str:
    """Return the secret that a dialog shows, and close it."""
    secret = await dialog(page).locator("input[readonly]").input_value()
    await press(dialog(page), "Done")
    return secret


async def test_a_key_is_shown_once_opens_the_api_and_ends_when_it_is_revoked(tour: Tour) -> None:
    page = await tour.go("keys")
    await press(page, "New key")
    await dialog(page).get_by_label("Name").fill("Deploy bot")
    await dialog(page).get_by_label("schedules:write").check()
    await press(dialog(page), "Create key")
    key = await told_once(page)
    await expect(row(page, "Deploy bot")).to_contain_text("schedules:write")
    assert key not in await page.content()
    async with httpx2.AsyncClient(base_url=tour.address) as client:
        headers = {"Authorization": f"Bearer {key}"}
        before = await client.get("/api/schedules", headers=headers)

        await press(row(page, "Deploy bot"), "Revoke")
        await press(dialog(page), "Revoke key")
        await expect(row(page, "Deploy bot")).to_have_count(0)

        after = await client.get("/api/schedules", headers=headers)
    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_schedule_is_previewed_while_it_is_typed_then_made_paused_run_and_deleted(
    tour: Tour,
) -> None:
    tour.watched.expects_network_trouble = True
    page = await tour.go("schedules")
    await press(page, "New schedule")
    form, preview = dialog(page), dialog(page).get_by_role("region", name="Next runs")
    await form.get_by_label("Cron").fill("99 * * * *")
    await expect(preview).not_to_contain_text("Mon")
    await form.get_by_label("Cron").fill("15 6 * * MON")
    await form.get_by_label("Time zone").fill("Asia/Kathmandu")
    await expect(preview.locator("li")).to_have_count(10)
    await expect(preview.locator("li").first).to_contain_text(
        re.compile(r"Mon .* 06:15.*00:30 here")
    )

    await form.get_by_label("Name").fill("monday")
    await form.get_by_label("Job", exact=True).select_option("Echo")
    await press(form, "Create schedule")
    await expect(row(page, "monday")).to_contain_text("15 6 * * MON")
    await press(row(page, "monday"), "Pause")
    await expect(row(page, "monday").locator(".badge")).to_have_text("Paused")
    await expect(row(page, "monday").get_by_role("button", name="Resume")).to_be_focused()
    await row(page, "monday").get_by_role("link", name="monday").click()
    await expect(page.get_by_text("If it went on now:")).to_be_visible()
    await press(page.locator("#main"), "Run now")
    await expect(page.locator(".titled .badge")).to_have_text("Succeeded")

    await tour.go("schedules/monday")
    await press(page.locator("#main"), "Delete")
    await press(dialog(page), "Delete schedule")
    await expect(page).to_have_url(re.compile("#/schedules$"))
    await expect(row(page, "every-quarter")).to_be_visible()
    await expect(row(page, "monday")).to_have_count(0)


async def test_a_schedule_says_what_is_wrong_with_it_at_the_field(tour: Tour) -> None:
    tour.watched.expects_network_trouble = True
    page = await tour.go("schedules")
    await press(row(page, "every-quarter"), "Edit")
    await dialog(page).get_by_label("Every", exact=True).fill("0")
    await press(dialog(page), "Save")

    await expect(dialog(page).locator('[data-pointer="/every"] .fault')).to_contain_text("between")
    await page.keyboard.press("Escape")


async def test_failed_jobs_are_retried_one_by_one_and_a_whole_reason_at_once(tour: Tour) -> None:
    page = await tour.go("failed")
    reason = row(page, "ValueError: not this time")
    await reason.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("ValueError: not this time")
    rows = page.locator("#main tbody tr")
    await expect(rows).to_have_count(2)
    await rows.first.get_by_role("checkbox").check()
    await expect(page.get_by_text("1 job chosen")).to_be_visible()

    await press(page, "Delete")
    await press(dialog(page), "Delete 1 failed job")
    await expect(rows).to_have_count(1)
    await press(page, "Delete all")
    await press(dialog(page), "Delete 1 failed job")

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing fails like this")
    await tour.go("failed")
    await expect(row(page, "never again")).to_be_visible()
    await expect(reason).to_have_count(0)


async def test_a_batch_is_stopped_and_its_counters_move_by_themselves(tour: Tour) -> None:
    batch = await tour.page.evaluate(SUBMIT, ["jobs/batch", MIXED])
    page = await tour.go(f"batches/{batch}")
    tallies = page.locator(".tallies")
    await expect(tallies).to_contain_text("2 failed")
    await press(page.locator("#main"), "Retry failed")
    await expect(page.get_by_text("2 jobs on the way again.").first).to_be_visible()
    await press(page.locator("#main"), "Stop all")
    await press(dialog(page), "Stop all")

    await expect(page.get_by_role("heading", level=1)).to_contain_text("With failures")
    await expect(tallies).to_contain_text(re.compile("6 stopped"))
    await expect(page.get_by_role("button", name="Stop all")).to_be_hidden()
    await tour.go("batches")
    await press(page, "With failures")
    await expect(row(page, batch[-12:])).to_contain_text("With failures")


async def test_a_notification_arrives_by_itself_and_is_read_once_for_all_places(tour: Tour) -> None:
    page = await tour.go("inbox")
    notes = page.locator(".note")
    await notes.first.wait_for()
    await press(page, "Mark all as read")
    await expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)
    bubble = page.locator(".menu .bubble")
    await expect(bubble.first).to_be_hidden()

    tea = {"kind": "tell", "args": {"texts": ["Tea is ready."]}}
    await page.evaluate(SUBMIT, ["jobs", tea])
    await expect(notes.first).to_contain_text("Tea is ready.")
    await expect(page.get_by_text("1 unread")).to_be_visible()
    await press(notes.first, "Mark as read")

    await expect(page.get_by_text("1 unread")).to_be_hidden()


async def test_an_address_is_saved_and_verified_by_the_code_that_comes_there(tour: Tour) -> None:
    tour.watched.expects_network_trouble = True
    page = await tour.go("preferences")
    email = page.get_by_label("E-mail address")
    await email.fill("not an address")
    await press(page, "Save preferences")
    await expect(page.locator('[data-pointer="/email"] .fault')).not_to_be_empty()
    await email.fill("grace@example.com")
    await press(page, "Save preferences")
    await press(page, "Send a code")
    code = page.get_by_label(re.compile("^Code sent to"))
    await code.wait_for()
    async with httpx2.AsyncClient(base_url=tour.sandbox) as client:
        arrived = await first_mail(client, "grace@example.com")
    await code.fill(re.findall(r"\b\d{3} ?\d{3}\b", arrived)[0])
    await press(page, "Verify")

    await expect(page.locator(".verify .badge").first).to_have_text("Verified")
    await page.reload()
    await expect(email).to_have_value("grace@example.com")


async def first_mail(client: httpx2.AsyncClient, to: str) -> str:
    """Return the text of the newest mail to an address, as soon as there is one."""
    found: list[str] = []

    async def come() -> bool:
        mails = (await client.get("/mail/messages", params={"to": to})).json()
        if mails:
            found.append((await client.get(f"/mail/messages/{mails[0]['id']}")).json()["text"])
        return bool(mails)

    await becomes_true(come, 20)
    return found[0]


async def test_an_endpoint_is_added_tried_rotated_replayed_and_deleted(tour: Tour) -> None:
    page = await tour.go("webhooks")
    fine = await row(page, "/fine").get_by_role("link").text_content() or ""
    await press(page, "Add endpoint")
    await dialog(page).get_by_label("Endpoint URL").fill(f"{fine}/two")
    await press(dialog(page), "Add endpoint")
    assert (await told_once(page)).startswith("whsec_")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("/fine/two")
    await press(page, "Send test event")
    delivery = row(page, "webhook.test")
    await expect(delivery).to_contain_text("Delivered")
    await expect(delivery).to_contain_text("200")
    await press(delivery, "Details")
    await expect(dialog(page)).to_contain_text("msg_")
    await press(dialog(page), "Close")

    await press(page, "Rotate secret")
    await press(dialog(page), "Rotate secret")
    assert (await told_once(page)).startswith("whsec_")
    await expect(page.get_by_text("the old one signs too until")).to_be_visible()
    await press(page, "Replay a time span…")
    await dialog(page).get_by_label("Which").select_option("Those that were delivered")
    await press(dialog(page), "Replay")
    await expect(page.get_by_text("1 delivery on the way again.")).to_be_visible()
    await expect(delivery).to_contain_text("Delivered")
    await press(page, "Disable")
    await press(dialog(page), "Disable")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Disabled")
    await press(page.locator("#main"), "Delete")
    await press(dialog(page), "Delete endpoint")

    await expect(row(page, "/broken")).to_be_visible()
    await expect(row(page, "/fine/two")).to_have_count(0)


READABLE = ("failed", "batches", "schedules", "inbox", "preferences", "webhooks", "keys")


async def test_who_may_only_read_is_offered_nothing_else(tour: Tour) -> None:
    seeds = tour.seeds
    single = [f"batches/{seeds.batch}", f"schedules/{seeds.key}", f"webhooks/{seeds.webhook}"]
    context = await visiting(tour.browser)
    page = await context.new_page()
    await page.goto(f"{tour.address}/#token={seeds.reading_key}")
    await page.locator(".indicator[data-live=yes]").wait_for()

    offered = {}
    for where in (*READABLE, *single, f"failed/{seeds.failure}"):
        await page.goto(f"{tour.address}/#/{where}")
        await page.wait_for_function(SETTLED)
        orders = page.locator("#main").locator(".primary:enabled, .danger, .row-actions button")
        offered[where] = await orders.all_text_contents()
    await context.close()

    looked_at = offered.pop(single[2])
    assert set(looked_at) == {"Details"}
    assert {where: texts for where, texts in offered.items() if texts} == {}
