"""One browser page that goes through the whole dashboard, on a product with something on every page."""

import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response

from service.dev.ports import LOOPBACK, free_port
from tests.e2e.browser import Watched, chromium
from tests.e2e.lacking import lacking
from tests.e2e.program import started
from tests.e2e.seeded import Seeds, receiver, seed
from tests.e2e.soundness import ASKED, AXE, DESKTOP

# Nothing moves, so that no picture is taken half way.
LIGHT: Any = {"viewport": DESKTOP, "color_scheme": "light", "reduced_motion": "reduce"}


class Tour:
    """One page of a browser, signed in, that goes from address to address."""

    def __init__(self, watched: Watched, address: str, seeds: Seeds, sandbox: str) -> None:
        self.watched = watched
        self.page = watched.page
        self.address = address
        self.seeds = seeds
        self.sandbox = sandbox

    @property
    def browser(self) -> Browser:
        """Return the browser, for another visitor."""
        browser = self.page.context.browser
        assert browser is not None
        return browser

    async def go(self, where: str) -> Page:
        await self.page.goto(f"{self.address}/#/{where}")
        return self.page

    def complaints(self) -> list[str]:
        """Return what the console said since the last time."""
        said = list(self.watched.complaints)
        self.watched.complaints.clear()
        return said


async def visiting(browser: Browser) -> BrowserContext:
    """Return a context whose pages can say whether all they asked for has come."""
    context = await browser.new_context(**LIGHT)
    await context.add_init_script(ASKED)
    return context


def missing(watched: Watched) -> Callable[[Response], None]:
    """Return what notes which address was refused: the console does not say it."""

    def hear(response: Response) -> None:
        if response.status >= 400:
            watched.complaints.append(f"{response.status} {response.url}")

    return hear


@pytest.fixture(scope="package")
async def tour() -> AsyncIterator[Tour]:
    """Start the product, put something on every page, and sign in. It is there for all who go round."""
    if not AXE.exists():
        lacking("axe-core (npm install --no-save axe-core@4)")
    home = Path(tempfile.mkdtemp(prefix="jobcast-pages-"))
    home.chmod(0o755)
    port = free_port()
    async with chromium() as browser, receiver() as host:
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
            sandbox = re.search(r"played at (\S+?),", program.said)
            assert token is not None
            assert sandbox is not None
            program.keep_listening()
            address = f"http://{LOOPBACK}:{port}"
            seeds = await seed(address, token[1], host)
            context = await visiting(browser)
            watched = Watched(await context.new_page())
            watched.page.on("console", watched.hear)
            watched.page.on("response", missing(watched))
            watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
            await watched.page.goto(f"{address}/#token={token[1]}")
            await watched.page.locator(".indicator[data-live=yes]").wait_for()
            yield Tour(watched, address, seeds, sandbox[1])
            await context.close()
    shutil.rmtree(home)
