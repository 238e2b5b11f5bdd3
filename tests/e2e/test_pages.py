"""Every page of the dashboard, with something on it: no complaint, no barrier, no sideways scroll."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Response

from service.dashboard import PAGE
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.browser import Watched
from tests.e2e.program import started
from tests.e2e.seeded import Seeds, receiver, seed
from tests.e2e.soundness import AXE, DESKTOP, Inspection

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


# Nothing moves, so that no picture is taken half way.
LIGHT: Any = {"viewport": DESKTOP, "color_scheme": "light", "reduced_motion": "reduce"}


class Tour:
    """One page of a browser, signed in, that goes from address to address."""

    def __init__(self, watched: Watched, address: str, seeds: Seeds) -> None:
        self.watched = watched
        self.page = watched.page
        self.address = address
        self.seeds = seeds

    async def go(self, where: str) -> Page:
        await self.page.goto(f"{self.address}/#/{where}")
        return self.page

    def complaints(self) -> list[str]:
        """Return what the console said since the last time."""
        said = list(self.watched.complaints)
        self.watched.complaints.clear()
        return said


def missing(watched: Watched) -> Callable[[Response], None]:
    """Return what notes which address was refused: the console does not say it."""

    def hear(response: Response) -> None:
        if response.status >= 400:
            watched.complaints.append(f"{response.status} {response.url}")

    return hear


@pytest.fixture(scope="module")
async def tour(browser: Browser) -> AsyncIterator[Tour]:
    """Start the product, put something on every page, and sign in."""
    if not AXE.exists():
        if os.environ.get("CI") == "1":
            pytest.fail(f"{AXE} is missing")
        pytest.skip("needs axe-core: npm install --no-save axe-core@4")
    home = Path(tempfile.mkdtemp(prefix="jobcast-pages-"))
    home.chmod(0o755)
    port = free_port()
    async with receiver() as host:
        environment = {
            "PORT": str(port),
            "PROCESSORS": "tests.kinds",
            "WEB_ALLOW_PRIVATE": host,
            "WORKER_GRACE_SECONDS": "1",
        }
        command = (sys.executable, "-m", "service", "dev")
        async with started(*command, cwd=home, environment=environment) as program:
            await program.says("Ctrl-C stops everything")
            token = re.search(r"#token=(\S+)", program.said)
            assert token is not None
            program.keep_listening()
            address = f"http://{LOOPBACK}:{port}"
            seeds = await seed(address, token[1], host)
            context = await browser.new_context(**LIGHT)
            watched = Watched(await context.new_page())
            watched.page.on("console", watched.hear)
            watched.page.on("response", missing(watched))
            watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
            await watched.page.goto(f"{address}/#token={token[1]}")
            await watched.page.locator(".indicator[data-live=yes]").wait_for()
            yield Tour(watched, address, seeds)
            await context.close()
    shutil.rmtree(home)


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


async def test_the_menu_is_a_drawer_on_a_phone_and_the_keyboard_goes_through_it(tour: Tour) -> None:
    page = await tour.go("keys")

    found = await Inspection(page, "menu", "#menu").keyboard()

    assert "\n".join(found + tour.complaints()) == ""


async def test_signing_in_is_sound(tour: Tour, browser: Browser) -> None:
    context = await browser.new_context(**LIGHT)
    page = await context.new_page()
    await page.goto(tour.address)
    await page.get_by_role("button", name="Sign in").wait_for()

    found = await Inspection(page, "sign-in").all()
    await context.close()

    assert "\n".join(found) == ""
