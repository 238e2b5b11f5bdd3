"""Takes the pictures in docs/pictures: a job live, by day and by night, and stills of the pages."""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from service.dev.ports import LOOPBACK, free_port
from tests.e2e.browser import CHROMIUM, FLAGS
from tests.e2e.program import ROOT, started
from tests.e2e.soundness import ASKED
from tests.pictures.filming import filming
from tests.pictures.kinds import SLOWER
from tests.pictures.stills import PAGES, seed, still

PICTURES: Final = ROOT / "docs" / "pictures"
SIZE: Final[ViewportSize] = {"width": 1200, "height": 720}
WIDTH: Final = 960
LARGEST: Final = 700_000
SCHEMES: Final = {"light": "", "dark": "-dark"}


@asynccontextmanager
async def product() -> AsyncIterator[str]:
    """Start everything, with something to look at; give the signed-in address."""
    home = Path(tempfile.mkdtemp(prefix="jobcast-pictures-"))
    home.chmod(0o755)
    environment = {"PORT": str(free_port()), "PROCESSORS": "tests.pictures.kinds"}
    command = (sys.executable, "-m", "service", "dev")
    async with started(*command, cwd=home, environment=environment) as program:
        await program.says("Ctrl-C stops everything")
        program.keep_listening()
        token = re.search(r"#token=(\S+)", program.said)
        assert token is not None
        yield f"http://{LOOPBACK}:{environment['PORT']}/#token={token[1]}"
        program.process.terminate()
        await program.ends()
    shutil.rmtree(home)


async def opened(browser: Browser, address: str, scheme: str) -> Page:
    """Return the dashboard, signed in and live."""
    context = await browser.new_context(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    await context.add_init_script(ASKED)
    page = await context.new_page()
    await page.goto(address)
    await page.locator(".indicator[data-live=yes]").wait_for()
    return page


async def live(page: Page, path: Path) -> None:
    """Film a job from its form to its end."""
    await page.goto(f"{page.url.partition('#')[0]}#/new/newsletter")
    await page.get_by_role("button", name=re.compile("sample")).first.wait_for()
    async with filming(page) as film:
        await asyncio.sleep(0.8 * SLOWER)
        await page.get_by_role("button", name=re.compile("sample")).first.click()
        await asyncio.sleep(0.8 * SLOWER)
        await page.get_by_role("button", name="Submit job").click()
        await expect(page.locator(".titled .badge")).to_have_text("Succeeded", timeout=120_000)
        await asyncio.sleep(0.3)
    size = film.keep(path, WIDTH)
    assert size <= LARGEST, f"{path.name} has {size:,} bytes"
    sys.stdout.write(f"{path.name}: {len(film.frames)} frames, {size:,} bytes\n")


async def films(browser: Browser, address: str) -> None:
    """Film a job by day and by night."""
    for scheme, suffix in SCHEMES.items():
        page = await opened(browser, address, scheme)
        await live(page, PICTURES / f"live{suffix}.webp")
        await page.context.close()


async def stills(browser: Browser, address: str) -> None:
    """Fill the pages, and take each."""
    base, _, token = address.partition("/#token=")
    await seed(base, token)
    page = await opened(browser, address, "light")
    for name in PAGES:
        size = await still(page, name, PICTURES / f"{name}.webp")
        sys.stdout.write(f"{name}.webp: {size:,} bytes\n")


async def main(wanted: list[str]) -> None:
    """Take all of them, or only the ``films`` or the ``stills``."""
    PICTURES.mkdir(exist_ok=True)
    async with async_playwright() as playwright, product() as address:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for take in (films, stills):
            if not wanted or take.__name__ in wanted:
                await take(browser, address)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
