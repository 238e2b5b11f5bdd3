"""Every page of the dashboard, with something on it: no complaint, no barrier, no sideways scroll."""

import re
from collections.abc import Callable

import pytest

from service.dashboard import PAGE
from tests.e2e.seeded import Seeds
from tests.e2e.soundness import Inspection
from tests.e2e.tour import Tour, visiting

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = re.findall(r'\bname: "(\w+)"', (PAGE / "pages.js").read_text(encoding="utf-8"))
SINGLE: dict[str, Callable[[Seeds], str]] = {
    "running job": lambda seeds: f"jobs/{seeds.running}",
    "failed job": lambda seeds: f"jobs/{seeds.failed}",
    "job that asks": lambda seeds: f"jobs/{seeds.asking}",
    "new job": lambda _: "new/flaky",
    "batch": lambda seeds: f"batches/{seeds.batch}",
    "failure": lambda seeds: f"failed/{seeds.failure}",
    "schedule": lambda seeds: f"schedules/{seeds.key}",
    "webhook": lambda seeds: f"webhooks/{seeds.webhook}",
}
DIALOGS = {
    "new key": ("keys", "New key"),
    "revoke key": ("keys", "Revoke"),
    "new endpoint": ("webhooks", "Add endpoint"),
    "new schedule": ("schedules", "New schedule"),
    "edit schedule": ("schedules", "Edit"),
    "delete failures": ("failed", "Delete all"),
}


async def test_the_table_of_pages_is_the_one_that_is_tested(tour: Tour) -> None:
    names = await tour.page.evaluate(
        "async () => (await import('/dashboard/pages.js')).PAGES.map(({name}) => name)"
    )

    assert names == PAGES


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_sound(tour: Tour, name: str) -> None:
    page = await tour.go(name)

    found = await Inspection(page, name).all()

    assert "\n".join(found + tour.complaints()) == ""


@pytest.mark.parametrize("name", SINGLE)
async def test_a_page_of_one_thing_is_sound(tour: Tour, name: str) -> None:
    page = await tour.go(SINGLE[name](tour.seeds))

    found = await Inspection(page, name.replace(" ", "-")).all()

    assert "\n".join(found + tour.complaints()) == ""


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_is_sound_and_gives_the_focus_back(tour: Tour, name: str) -> None:
    where, button = DIALOGS[name]
    page = await tour.go(where)
    opener = page.get_by_role("button", name=button, exact=True).first
    await opener.click()
    dialog = page.locator("dialog[open]")
    await dialog.wait_for()

    found = await Inspection(page, name.replace(" ", "-"), "dialog[open]").all()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")

    assert "\n".join(found + tour.complaints()) == ""
    assert await opener.evaluate("element => element === document.activeElement")


async def test_the_menu_is_sound(tour: Tour) -> None:
    page = await tour.go("keys")

    menu = Inspection(page, "menu", "#menu")
    found = await menu.axe() + await menu.keyboard() + await menu.dark()

    assert "\n".join(found + tour.complaints()) == ""


async def test_signing_in_is_sound(tour: Tour) -> None:
    context = await visiting(tour.browser)
    page = await context.new_page()
    await page.goto(tour.address)
    await page.get_by_role("button", name="Sign in").wait_for()

    found = await Inspection(page, "sign-in").all()
    await context.close()

    assert "\n".join(found) == ""
