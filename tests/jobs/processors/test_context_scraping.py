"""Kind ``context_scraping``, against a played site and a real database."""

from pathlib import Path

import pytest

from jobs.errors import Discard, InvalidArgs, ProviderError
from jobs.processors.context_scraping import Args, Result, context_scraping
from jobs.settings import JobsSettings
from tests.jobs.processors.context import Attempts, RecordingContext
from tests.jobs.providers.site import Site, response

SAMPLE = Path(__file__).parents[3] / "docs" / "samples" / "site"


@pytest.fixture
def sample(site: Site) -> Site:
    """Serve the sample site, with validators made of its bytes."""
    for file in SAMPLE.rglob("*.*"):
        body = file.read_bytes()
        page = response(body, etag=f'"{len(body)}"')
        site.pages[f"/{file.relative_to(SAMPLE)}"] = page
    site.pages["/"] = site.pages["/index.html"]
    return site


async def run(context: RecordingContext, **args: object) -> Result:
    result = await context_scraping.process(context, context_scraping.parse(args))
    assert isinstance(result, Result)
    return result


async def test_a_site_is_read_without_its_menus(attempts: Attempts, sample: Site) -> None:
    context = attempts.begin("context_scraping")

    result = await run(context, url=sample.url("/index.html"), max_pages=10)

    assert [page.url for page in result.pages] == [
        sample.url(f"/{name}.html") for name in ("index", "soil", "water", "seasons", "visit")
    ]
    first = result.pages[0]
    assert "edge of the sea" in first.title
    assert "The Tidewater Garden lies on four acres" in first.excerpt
    assert first.language == "en"
    assert first.changed
    assert first.text_length > 400
    assert "cookie" not in context.text.lower()
    assert "Seaweed brings salt" in context.text


async def test_what_robots_txt_forbids_is_skipped_and_said(
    attempts: Attempts, sample: Site
) -> None:
    result = await run(attempts.begin("context_scraping"), url=sample.url("/"), max_pages=20)

    assert [(skip.url, skip.code) for skip in result.skipped] == [
        (sample.url("/private/accounts.html"), "robots")
    ]
    assert "/private/accounts.html" not in sample.paths


async def test_progress_goes_forward_to_the_end(attempts: Attempts, sample: Site) -> None:
    context = attempts.begin("context_scraping")

    await run(context, url=sample.url("/"), max_pages=3)

    assert context.fractions == sorted(context.fractions)
    assert context.fractions[-1] == 1.0
    assert len(context.lines) == 3


async def test_links_to_other_sites_are_not_followed(attempts: Attempts, sample: Site) -> None:
    result = await run(attempts.begin("context_scraping"), url=sample.url("/"), max_pages=20)

    urls = [page.url for page in result.pages] + [skip.url for skip in result.skipped]
    assert not [url for url in urls if "example.com" in url]


async def test_a_second_run_finds_nothing_changed_and_writes_the_same_rows(
    attempts: Attempts, sample: Site
) -> None:
    first = await run(attempts.begin("context_scraping"), url=sample.url("/"), max_pages=3)
    context = attempts.begin("context_scraping")

    second = await run(context, url=sample.url("/"), max_pages=3)

    assert [page.changed for page in second.pages] == [False] * 3
    assert [page.sha256 for page in second.pages] == [page.sha256 for page in first.pages]
    assert context.text == ""
    rows = await attempts.database.fetch("SELECT url FROM pages")
    assert len(rows) == 3


async def test_a_304_leaves_the_row_and_still_leads_on(attempts: Attempts, sample: Site) -> None:
    await run(attempts.begin("context_scraping"), url=sample.url("/"), max_pages=2)
    sample.pages["/"] = response(status="304 Not Modified")

    result = await run(attempts.begin("context_scraping"), url=sample.url("/"), max_pages=2)

    assert sample.headers("/")["if-none-match"]
    assert [page.changed for page in result.pages] == [False, False]
    assert result.pages[0].text_length > 400


async def test_a_site_with_only_last_modified_is_asked_whether_it_changed(
    attempts: Attempts, site: Site
) -> None:
    modified = "Mon, 07 Sep 2026 08:00:00 GMT"
    site.pages["/"] = response(b"<p>Words that stay.</p>", last_modified=modified)
    await run(attempts.begin("context_scraping"), url=site.url("/"))
    before = await attempts.database.fetchrow("SELECT fetched_at, changed_at FROM pages")
    site.pages["/"] = response(status="304 Not Modified")
    context = attempts.begin("context_scraping")

    result = await run(context, url=site.url("/"))

    assert site.headers("/")["if-modified-since"] == modified.lower()
    assert "if-none-match" not in site.headers("/")
    assert (result.pages[0].changed, context.text) == (False, "")
    after = await attempts.database.fetchrow("SELECT fetched_at, changed_at FROM pages")
    assert before is not None
    assert after is not None
    assert after["fetched_at"] > before["fetched_at"]
    assert after["changed_at"] == before["changed_at"]


async def test_no_more_pages_are_asked_for_than_are_allowed(attempts: Attempts, site: Site) -> None:
    links = "".join(f'<a href="/{number}">x</a>' for number in range(40))
    page = response(f"<p>Words</p>{links}".encode())
    site.pages |= {"/": page, **{f"/{number}": page for number in range(40)}}

    result = await run(attempts.begin("context_scraping"), url=site.url("/"), max_pages=4)

    assert [page.url for page in result.pages] == [site.url(f"/{name}") for name in ("", 0, 1, 2)]
    assert site.paths == ["/robots.txt", "/", "/0", "/1", "/2"]
    assert site.most_parallel == 1


async def test_a_page_too_large_is_skipped(
    attempts: Attempts, site: Site, settings: JobsSettings
) -> None:
    too_large = settings.web_max_bytes + 1
    site.pages["/"] = response(b'<p>Words</p><a href="/big">x</a><a href="/away">y</a>')
    site.pages["/big"] = response(b" " * too_large)
    site.pages["/away"] = response(status="302 Found", location="http://169.254.169.254/")

    result = await run(attempts.begin("context_scraping"), url=site.url("/"))

    assert [skip.code for skip in result.skipped] == ["page_too_large", "address_refused"]


async def test_its_end_is_told_once_and_the_same_by_every_attempt(
    attempts: Attempts, sample: Site
) -> None:
    context, again = (attempts.begin("context_scraping") for _ in range(2))

    await run(context, url=sample.url("/"), max_pages=2)
    await run(again, url=sample.url("/"), max_pages=2)

    ((name, about),) = context.told
    assert (name, about["pages"]) == ("context_scraping_completed", 2)
    assert again.told == context.told


async def test_a_changed_page_is_told_and_replaced(attempts: Attempts, site: Site) -> None:
    site.pages["/"] = response(b"Old words.", content_type="text/plain")
    await run(attempts.begin("context_scraping"), url=site.url("/"))
    site.pages["/"] = response(b"New words.", content_type="text/plain")

    result = await run(attempts.begin("context_scraping"), url=site.url("/"))

    assert result.pages[0].changed
    row = await attempts.database.fetchrow("SELECT text, changed_at = fetched_at AS now FROM pages")
    assert row is not None
    assert (row["text"], row["now"]) == ("New words.", True)


async def test_two_users_keep_their_own_pages(attempts: Attempts, site: Site) -> None:
    site.pages["/"] = response(b"Words.", content_type="text/plain")

    await run(attempts.begin("context_scraping", user="anna"), url=site.url("/"))
    result = await run(attempts.begin("context_scraping", user="bert"), url=site.url("/"))

    assert result.pages[0].changed


async def test_a_broken_linked_page_is_skipped(attempts: Attempts, site: Site) -> None:
    site.pages["/"] = response(b'<p>Words</p><a href="/gone">a</a><a href="/busy">b</a>')
    site.pages["/busy"] = response(status="503 Busy")

    result = await run(attempts.begin("context_scraping"), url=site.url("/"))

    assert len(result.pages) == 1
    assert [skip.code for skip in result.skipped] == ["http_404", "provider_error"]


async def test_a_site_that_only_fails_is_not_asked_without_end(
    attempts: Attempts, site: Site
) -> None:
    links = "".join(f'<a href="/{number}">x</a>' for number in range(400))
    site.pages["/"] = response(f"<p>Words</p>{links}".encode())

    result = await run(attempts.begin("context_scraping"), url=site.url("/"))

    assert len(result.skipped) == 20


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/latest/", "address_refused"),
        ("http://localhost:5432/", "address_refused"),
        ("http://[::ffff:169.254.169.254]/", "address_refused"),
        ("http://metadata.google.internal/", "address_refused"),
        ("http://[fd00:ec2::254]/", "address_refused"),
        ("http://2130706433/", "address_refused"),
        ("http://user:secret@example.com/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
    ],
)
async def test_a_first_page_that_may_not_be_read_ends_the_job(
    attempts: Attempts, url: str, code: str
) -> None:
    with pytest.raises(Discard) as caught:
        await run(attempts.begin("context_scraping"), url=url)

    assert caught.value.code == code


async def test_a_first_page_that_fails_is_tried_again(attempts: Attempts, site: Site) -> None:
    site.pages["/"] = response(status="500 Oops")

    with pytest.raises(ProviderError):
        await run(attempts.begin("context_scraping"), url=site.url("/"))


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"url": "x"},
        {"url": "http://a.example/", "max_pages": 0},
        {"url": "http://a.example/", "max_pages": 21},
        {"url": "http://a.example/", "depth": 3},
    ],
    ids=str,
)
def test_wrong_args_are_refused(args: dict[str, object]) -> None:
    with pytest.raises(InvalidArgs):
        context_scraping.parse(args)


def test_the_example_in_the_schema_is_valid() -> None:
    examples = Args.model_json_schema()["examples"]

    assert [context_scraping.parse(example) for example in examples]
