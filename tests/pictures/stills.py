"""Stills of the dashboard's pages, with something on each of them to look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx2
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.soundness import SETTLED

CUSTOMERS: Final = 240
QUALITY: Final = 80
NEWSLETTER: Final = {"kind": "newsletter", "args": {"topics": ["Tides", "Soil"]}}
SCHEDULES: Final[dict[str, dict[str, Any]]] = {
    "monday-letter": {**NEWSLETTER, "cron": "0 8 * * MON", "timezone": "Europe/Berlin"},
    "bill-anna": {"kind": "invoice", "args": {"customer": 5}, "every": "PT6H"},
    "new-year": {"kind": "invoice", "args": {"customer": 8}, "at": "2027-01-01T09:00:00Z"},
}
PAGES: Final[dict[str, Callable[[Page], Any]]] = {
    "failed": lambda page: page.get_by_role("button", name="Retry all").first,
    "batches": lambda page: page.locator("main").get_by_role("link").first,
    "schedules": lambda page: page.locator("main").get_by_text("monday-letter").first,
    "queues": lambda page: page.locator("main tbody td").first,
    "inbox": lambda page: page.locator("main").get_by_text("Invoice").first,
    "overview": lambda page: page.get_by_role("heading", name="Last failures"),
}
"""Each page with what is there when it has something to show; the one with the charts comes last."""


async def seed(address: str, token: str) -> None:
    """Give every page something to show, and wait until the jobs are over."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
        for key, schedule in SCHEDULES.items():
            (await client.put(f"/api/schedules/{key}", json=schedule)).raise_for_status()
        jobs = [{"kind": "invoice", "args": {"customer": n}} for n in range(1, CUSTOMERS + 1)]
        later = [job | {"delay": 0.2 * n} for n, job in enumerate(jobs)]
        for body in ({"jobs": jobs, "tags": ["november"]}, {"jobs": later, "tags": ["december"]}):
            (await client.post("/api/jobs/batch", json=body)).raise_for_status()
        for job in jobs[:3]:
            await client.post(
                "/api/jobs", json=job | {"notify": True}, headers={"Prefer": "wait=25"}
            )


async def still(page: Page, name: str, path: Path) -> int:
    """Keep how a page of the dashboard looks, as WebP; return its size in bytes."""
    await page.goto(f"{page.url.partition('#')[0]}#/{name}")
    await expect(PAGES[name](page)).to_be_visible()
    await page.wait_for_function(SETTLED)
    taken = path.with_suffix(".png")
    await page.screenshot(path=taken, animations="disabled")
    Image.open(taken).convert("RGB").save(path, quality=QUALITY, method=6)
    taken.unlink()
    return path.stat().st_size
