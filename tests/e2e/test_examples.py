"""docs/examples: every one runs as it stands, against the product as `make run` starts it."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from service.client import mint_token
from service.dev.ports import LOOPBACK, free_port
from tests.e2e.browser import Watched
from tests.e2e.lacking import lacking
from tests.e2e.program import ROOT, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EXAMPLES = ROOT / "docs" / "examples"
GUIDES = ("python.md", "browser.md")
SECRET = "what the back end of the examples shares with the server"
MODULES = [ROOT / "node_modules", *map(Path, os.environ.get("NODE_PATH", "").split(os.pathsep))]


@dataclass
class Running:
    """The product, and the back end of the examples in front of it."""

    jobcast: str
    backend: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Running]:
    """Start both, for all of these tests."""
    home = Path(tempfile.mkdtemp(prefix="jobcast-examples-"))
    home.chmod(0o755)
    jobcast, backend = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
    secrets = {"JWT_SECRET": SECRET, "JOBCAST_URL": jobcast}
    told = {**secrets, "PORT": port_of(jobcast), "ALLOWED_ORIGINS": backend}
    serve = ("uvicorn", "--app-dir", str(EXAMPLES), "backend:app", "--port", port_of(backend))
    async with AsyncExitStack() as parts:
        stack = (sys.executable, "-m", "service", "dev")
        product = await parts.enter_async_context(started(*stack, cwd=home, environment=told))
        await product.says("Ctrl-C stops everything")
        product.keep_listening()
        front = (sys.executable, "-m", *serve)
        page = await parts.enter_async_context(started(*front, cwd=home, environment=secrets))
        await page.says("Uvicorn running")
        page.keep_listening()
        token = mint_token(SECRET, user="ann")
        yield Running(jobcast, backend, {**secrets, "JOBCAST_TOKEN": token})
        product.process.terminate()
        await product.ends()
    shutil.rmtree(home)


def port_of(address: str) -> str:
    return address.rpartition(":")[2]


async def said(name: str, environment: dict[str, str]) -> str:
    """Run a Python example to its end; return what it printed."""
    command = (sys.executable, str(EXAMPLES / name))
    async with started(*command, cwd=ROOT, environment=environment) as program:
        assert await program.ends() == 0, program.said
        return program.said


async def test_the_synchronous_example_prints_progress_and_result(running: Running) -> None:
    lines = (await said("python_sync.py", running.environment)).splitlines()

    assert lines[0].startswith("submitted ")
    assert any(re.match(r" *\d+% ", line) for line in lines)
    assert lines[-1].startswith("result {")


async def test_the_asynchronous_example_prints_a_batch_and_its_results(running: Running) -> None:
    lines = (await said("python_async.py", running.environment)).splitlines()

    assert "100% 3 of 3" in lines
    assert [line.split()[0] for line in lines[-3:]] == ["succeeded"] * 3


@pytest.mark.browser
async def test_a_plain_page_submits_through_its_back_end_and_listens_with_its_tickets(
    running: Running, watched: Watched
) -> None:
    page = watched.page
    await page.goto(f"{running.backend}/page.html")

    await page.get_by_role("button", name="Sort it out").click()

    await expect(page.locator("output")).to_contain_text("succeeded: {")
    assert await page.locator("progress").evaluate("(bar) => bar.value") > 0


@pytest.mark.browser
async def test_a_react_page_draws_a_job_to_its_end(running: Running, watched: Watched) -> None:
    page, modules = watched.page, react_modules()

    async def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        await route.fulfill(body=modules[name], content_type="text/javascript")

    await page.route(re.compile(rf"^{re.escape(running.backend)}/react(-dom)?\.js$"), serve)
    await page.goto(f"{running.backend}/react.html")

    await page.get_by_role("button", name="Sort it out").click()

    await expect(page.locator("output")).to_contain_text("succeeded: {")
    await expect(page.locator("small")).to_have_text("live")


def react_modules() -> dict[str, str]:
    """Return React as modules of the browser, made from what npm installs."""
    folder = next((one for one in MODULES if (one / "react-dom").is_dir()), None)
    if folder is None:
        lacking("react and react-dom (npm install --no-save react@19 react-dom@19)")
    files = {
        "react": "react/cjs/react.production.js",
        "scheduler": "scheduler/cjs/scheduler.production.js",
        "react-dom": "react-dom/cjs/react-dom.production.js",
        "client": "react-dom/cjs/react-dom-client.production.js",
    }
    text = {name: (folder / path).read_text(encoding="utf-8") for name, path in files.items()}
    parts = [common(name, text[name]) for name in ("scheduler", "react-dom", "client")]
    known = 'import react from "react"; const known = { react };'
    given = "const require = (name) => known[name];"
    names = ", ".join(
        sorted(set(re.findall(r"^exports\.([a-z]\w*) =", text["react"], re.MULTILINE)))
    )
    exported = f"export default known.react; export const {{ {names} }} = known.react;"
    return {
        "react.js": f"const known = {{}}; {common('react', text['react'])} {exported}",
        "react-dom.js": f"{known} {given} {' '.join(parts)} export const {{ createRoot }} = known.client;",
    }


def common(name: str, text: str) -> str:
    """Return a CommonJS module as an expression that fills its place in ``known``."""
    return f'known["{name}"] = {{}}; (function (exports) {{ {text} }})(known["{name}"]);'


@pytest.mark.parametrize("path", sorted(p.name for p in EXAMPLES.iterdir() if p.is_file()))
def test_every_example_is_linked_from_a_guide(path: str) -> None:
    guides = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in GUIDES)

    assert f"examples/{path}" in guides
