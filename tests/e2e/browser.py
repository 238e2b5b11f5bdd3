"""A real browser in front of the running product, and the faults it found while it looked."""

import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from service.dev.ports import LOOPBACK, free_port
from tests.e2e.lacking import lacking
from tests.e2e.program import Program, started

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 820}
PATIENCE_MS = 20_000
NETWORK_TROUBLE = ("Failed to load resource", "WebSocket connection to", "net::ERR")


@dataclass
class Product:
    """The running product: where it is, who may come in, and its processes."""

    program: Program
    address: str
    token: str

    @property
    def signed_in(self) -> str:
        """Return the address that `make run` prints."""
        return f"{self.address}/#token={self.token}"

    def kill(self, name: str) -> None:
        """End one of its processes the hard way, as a crash would."""
        commands = {member: member.cmdline() for member in self.program.family()}
        next(member for member, line in commands.items() if line[-1:] == [name]).kill()


@dataclass
class Watched:
    """A page, and everything its console complained of."""

    page: Page
    expects_network_trouble: bool = False
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error or a warning of the console, content security violations included."""
        trouble = any(text in message.text for text in NETWORK_TROUBLE)
        if message.type in {"error", "warning"} and not (trouble and self.expects_network_trouble):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
async def product() -> AsyncIterator[Product]:
    """Start everything, as `make run` does, in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="jobcast-browser-"))
    home.chmod(0o755)
    port = free_port()
    environment = {"PORT": str(port), "PROCESSORS": "tests.kinds"}
    command = (sys.executable, "-m", "service", "dev")
    async with started(*command, cwd=home, environment=environment) as program:
        await program.says("Ctrl-C stops everything")
        token = re.search(r"#token=(\S+)", program.said)
        assert token is not None
        yield Product(program, f"http://{LOOPBACK}:{port}", token[1])
        program.process.terminate()
        await program.ends()
    shutil.rmtree(home)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start headless Chromium."""
    async with chromium() as started:
        yield started


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start headless Chromium."""
    if not Path(CHROMIUM).exists():
        lacking(CHROMIUM)
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Open a browser without any memory."""
    context = await browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # a plain dict
    yield context
    await context.close()


@pytest.fixture
async def watched(context: BrowserContext) -> AsyncIterator[Watched]:
    """Open a page that must not complain."""
    watched = Watched(await context.new_page())
    watched.page.on("console", watched.hear)
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    yield watched
    assert watched.complaints == []


@pytest.fixture
async def page(watched: Watched, product: Product) -> Page:
    """Open the dashboard, signed in and live."""
    await watched.page.goto(product.signed_in)
    await watched.page.locator(".indicator[data-live=yes]").wait_for()
    return watched.page
