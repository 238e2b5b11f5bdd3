"""A page that uses the browser client and nothing else, behind a proxy that can misbehave."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page

from tests.e2e.browser import Product
from tests.e2e.proxy import Proxy, proxy

EMPTY = "/dashboard/words.js"
"""A text that the browser shows as a page of its own: our origin, and no script that runs."""

LISTEN = """async (options) => {
  const { connect } = await import("/client/jobcast.js");
  globalThis.jobcast = connect(options);
  globalThis.statuses = [];
  jobcast.on("status", (status) => statuses.push(status));
  globalThis.list = jobcast.jobs();
  globalThis.live = (wanted = (status) => status.phase === "live") => new Promise((resolve) => {
    if (wanted(jobcast.connection.status)) return resolve(jobcast.connection.status);
    const off = jobcast.on("status", (status) => wanted(status) && (off(), resolve(status)));
  });
  globalThis.watch = (id) => {
    const job = jobcast.job(id);
    const heard = { job, done: 0, shown: "", lines: [] };
    job.on("output", ({ text, whole }) => (heard.shown = whole ? text : heard.shown + text));
    job.on("log", (line) => heard.lines.push(`${line.attempt}:${line.number}`));
    job.on("done", () => heard.done++);
    return (globalThis.heard = heard);
  };
  globalThis.shows = (text) => new Promise((resolve) => {
    const look = () => heard.shown.includes(text) && (off(), resolve(heard.shown));
    const off = heard.job.on("output", () => queueMicrotask(look));
    look();
  });
}"""
ENDED = """async () => {
  const { state, result } = await heard.job.done;
  const { done, shown, lines } = heard;
  return { state, result, done, shown, lines };
}"""

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def between(product: Product) -> AsyncIterator[Proxy]:
    """Put a proxy in front of the product."""
    async with proxy(int(product.address.rpartition(":")[2])) as running:
        yield running


async def sign_in(context: BrowserContext, address: str, token: str) -> None:
    """Open a cookie session for every page of ``context``."""
    answer = await context.request.post(
        f"{address}/api/session", data={"token": token}, headers={"Origin": address}
    )
    assert answer.status == 204, await answer.text()


@pytest.fixture
async def open_page(context: BrowserContext, between: Proxy, product: Product) -> OpenPage:
    """Return what opens a signed-in page that listens through the proxy."""
    await sign_in(context, between.address, product.token)

    async def opened(**options: Any) -> Page:
        page = await context.new_page()
        await page.goto(between.address + EMPTY)
        await page.evaluate(LISTEN, options)
        return page

    return opened


async def submit(page: Page, kind: str, args: dict[str, Any]) -> str:
    """Submit a job, watch it in this page, and return its id."""
    return str(
        await page.evaluate(
            "async ([kind, args]) => { const job = await jobcast.submit(kind, args);"
            " watch(job.id); return job.id }",
            [kind, args],
        )
    )


def words(count: int) -> str:
    """Return what a ``stream`` job has put out in the end."""
    return "".join(f"[1:{number}] " for number in range(count))


def whole(count: int) -> dict[str, Any]:
    """Return what a page has heard of a ``stream`` job, in the end, if nothing was lost or doubled."""
    return {
        "state": "succeeded",
        "result": {"value": count},
        "done": 1,
        "shown": words(count),
        "lines": [f"1:{number}" for number in range(count)],
    }
