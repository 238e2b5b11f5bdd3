"""Both kinds through a real worker: submitted, run, settled in Postgres."""

from collections.abc import AsyncIterator
from pathlib import Path

from jobs.resources import Resources
from jobs.settings import JobsSettings
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.providers.site import Site, response

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"


async def upload(resources: Resources, caller: Caller, data: bytes) -> str:
    async def body() -> AsyncIterator[bytes]:
        yield data

    kept = await resources.storage.receive(caller.org, caller.user, "outline.pdf", "", body())
    return str(kept.id)


async def test_an_uploaded_pdf_becomes_a_timeline(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources, ANNA, (SAMPLES / "course-outline.pdf").read_bytes())

    async with working(settings):
        job = await submit(resources, "course_timeline_parsing", upload_id=ident)
        found = await ended(resources, job)

    assert found.error is None
    assert found.state == "succeeded"
    assert len(found.result["events"]) == 52
    assert found.result["timeline_id"] == str(job.id)


async def test_a_file_that_cannot_be_read_fails_at_once_with_its_code(
    resources: Resources, settings: JobsSettings
) -> None:
    ident = await upload(resources, ANNA, b"PK\x03\x04 not an outline")

    async with working(settings):
        job = await submit(resources, "course_timeline_parsing", upload_id=ident)
        found = await ended(resources, job)

    assert found.state == "failed"
    assert found.error is not None
    assert found.error.code == "wrong_type"
    assert found.failures == 1


async def test_a_site_is_read(resources: Resources, settings: JobsSettings, site: Site) -> None:
    site.pages["/"] = response((SAMPLES / "site" / "soil.html").read_bytes())
    values = {"web_allow_private": site.host, "web_delay_seconds": 0.0}

    async with working(settings.model_copy(update=values)):
        job = await submit(resources, "context_scraping", url=site.url("/"), max_pages=1)
        found = await ended(resources, job)

    assert found.error is None
    assert found.result["pages"][0]["title"] == "How the soil was made"


async def test_a_private_address_fails_the_job(
    resources: Resources, settings: JobsSettings, site: Site
) -> None:
    async with working(settings):
        job = await submit(resources, "context_scraping", url=site.url("/"))
        found = await ended(resources, job)

    assert found.state == "failed"
    assert found.error is not None
    assert found.error.code == "address_refused"
    assert site.connections == 0
