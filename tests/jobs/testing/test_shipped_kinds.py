"""The kinds that come with the product, on the bench: played web, real Postgres where they ask it."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs.errors import ProviderError
from jobs.processors.context_scraping import context_scraping
from jobs.processors.course_timeline_parsing import course_timeline_parsing
from jobs.providers.web import Fetched
from jobs.testing import Bench, run, sessions
from jobs.testing.absent import Sessions

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
SITE = "https://garden.example/"


@dataclass
class PlayedWeb:
    """Serves the sample site; the first ``failures`` answers are an outage."""

    failures: int = 0
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, etag: str = "", last_modified: str = "") -> Fetched:
        self.asked.append(url)
        if len(self.asked) <= self.failures:
            raise ProviderError("The site is down.")
        body = (SAMPLES / "site" / url.removeprefix(SITE)).read_bytes()
        return Fetched(url=url, body=body, media_type="text/html", charset="utf-8", etag='"1"')


@pytest.fixture
def db(database_url: str) -> Sessions:
    return sessions(database_url)


def playing(web: PlayedWeb) -> dict[str, object]:
    return {"web": web}


async def test_an_uploaded_pdf_becomes_a_timeline(db: Sessions) -> None:
    bench = Bench([course_timeline_parsing], db=db)
    ident = bench.upload(SAMPLES / "course-outline.pdf", media_type="application/pdf")

    job = bench.submit(course_timeline_parsing, upload_id=ident)
    await bench.run()

    assert job.error is None
    assert len(job.result.events) == 52
    assert job.result.timeline_id == job.id
    assert [p.fraction for p in job.progress] == sorted(p.fraction for p in job.progress)
    assert job.logs[0].message.startswith("course-outline.pdf: ")
    assert ident not in bench.storage


async def test_a_file_that_is_no_outline_fails_at_once_with_its_code(db: Sessions) -> None:
    bench = Bench([course_timeline_parsing], db=db)
    ident = bench.upload(b"PK\x03\x04 not an outline", name="outline.pdf")

    job = bench.submit(course_timeline_parsing, upload_id=ident)
    await bench.run()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("wrong_type", 1)


async def test_a_site_is_read_from_page_to_page(db: Sessions) -> None:
    web = PlayedWeb()

    ran = await run(
        context_scraping, providers=playing(web), db=db, url=f"{SITE}index.html", max_pages=2
    )

    assert ran.error is None
    assert [page.url for page in ran.result.pages] == web.asked
    assert ran.progress[-1].message == "2 pages read"
    assert ran.result.pages[1].title in ran.output


async def test_a_site_that_is_down_is_read_when_it_is_back(db: Sessions) -> None:
    web = PlayedWeb(failures=2)

    ran = await run(
        context_scraping, providers=playing(web), db=db, url=f"{SITE}soil.html", max_pages=1
    )

    assert ran.state == "succeeded"
    assert [a.error.code for a in ran.attempts if a.error] == ["provider_error"] * 2
    assert ran.row.finished_at is not None
    assert (ran.row.finished_at - ran.row.created_at).total_seconds() >= 2 * 0.8 + 4 * 0.8
