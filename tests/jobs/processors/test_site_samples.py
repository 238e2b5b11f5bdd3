"""Sites as the world builds them: each sample is crawled, every field compared."""

import gzip
import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.kept.pages import PageRow, find_page
from jobs.processors.context_scraping import context_scraping
from tests.jobs.processors.context import Attempts
from tests.jobs.providers.site import Site, response

SAMPLES = Path(__file__).parent / "samples" / "sites"
NAMES = sorted(path.name for path in SAMPLES.iterdir())
SHOWN = (
    "title", "language", "description", "author", "site_name", "canonical_url", "published_at",
    "links", "text",
)  # fmt: skip
PLAIN = {"content_type": "text/html; charset=utf-8"}


def serve(site: Site, name: str) -> None:
    """Serve a sample's files with the headers it says."""
    folder = SAMPLES / name
    served = json.loads((folder / "served.json").read_text())
    for file in folder.rglob("*.html"):
        path = str(file.relative_to(folder))
        headers, body = served.get(path, PLAIN), file.read_bytes()
        packed = gzip.compress(body) if headers.get("content_encoding") == "gzip" else body
        site.pages[f"/{path}"] = response(packed, **headers)


def shown(row: PageRow, site: Site) -> dict[str, Any]:
    """Return a kept page as its expected result is written down: URLs without the site's origin."""
    values = {name: getattr(row, name) for name in SHOWN}
    said = row.published_at
    values["published_at"] = said.isoformat() if isinstance(said, datetime) else None
    return json.loads(json.dumps(values).replace(site.url(""), ""))


async def crawled(attempts: Attempts, site: Site, name: str) -> dict[str, Any]:
    """Crawl a sample and return what is kept of it, by path."""
    serve(site, name)
    parsed = context_scraping.parse({"url": site.url("/index.html"), "max_pages": 5})
    result = await context_scraping.process(attempts.begin("context_scraping"), parsed)
    kept = {}
    async with attempts.database.session() as session:
        for page in result.pages:
            row = await find_page(session, "acme", "anna", page.url)
            assert row is not None
            kept[page.url.removeprefix(site.url(""))] = shown(row, site)
    return kept


@pytest.mark.parametrize("name", NAMES)
async def test_a_site_is_kept_field_by_field(attempts: Attempts, site: Site, name: str) -> None:
    expected = json.loads((SAMPLES / name / "expected.json").read_text())

    kept = await crawled(attempts, site, name)

    assert list(kept) == list(expected)
    for path, page in expected.items():
        assert kept[path] == page


def test_the_row_and_the_result_show_the_same() -> None:
    assert set(SHOWN) <= {field.name for field in fields(PageRow)}
    assert len(NAMES) >= 8


async def test_the_result_brings_the_metadata(attempts: Attempts, site: Site) -> None:
    serve(site, "metadata")
    parsed = context_scraping.parse({"url": site.url("/index.html"), "max_pages": 1})
    context = attempts.begin("context_scraping")

    result = await context_scraping.process(context, parsed)

    (page,) = result.pages
    assert (page.author, page.site_name) == ("Ines Carrow, Tom O’Dell", "Tidewater Garden")
    assert page.description == "What four years of seaweed did to our beds."
    assert page.canonical_url == site.url("/notes/salt-and-soil")
    assert page.published_at.isoformat() == "2026-11-27T08:12:31+00:00"
    about = {"url": site.url("/index.html"), "title": "Salt & soil", "pages": 1}
    assert context.told == [("context_scraping_completed", about)]


async def test_a_page_without_text_of_its_own_is_said(attempts: Attempts, site: Site) -> None:
    serve(site, "javascript-only")
    parsed = context_scraping.parse({"url": site.url("/index.html")})
    context = attempts.begin("context_scraping")

    await context_scraping.process(context, parsed)

    assert context.lines == ["Dashboard: 0 characters, none without its frames or JavaScript"]
