"""Kind ``context_scraping``: read a few pages of a site and keep their main text and metadata."""

import hashlib
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, ProviderError
from jobs.kept.pages import PageRow, find_page, keep_page, page_seen
from jobs.processor import processor
from jobs.providers.articles import read_article
from jobs.providers.web import Fetched

EXCERPT = 300
STREAMED = 2_000
MAX_SKIPPED = 20
LONGEST_VALIDATOR = 500


class Args(BaseModel):
    """Which site to read, and how much of it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://example.com/"}]}
    )

    url: str = Field(description="Where to start (http or https)", min_length=8, max_length=2_000)
    max_pages: int = Field(5, ge=1, le=20, description="Only links to the same site are followed")


class PageRead(BaseModel):
    """A page that was read."""

    url: str
    title: str
    text_length: int
    excerpt: str
    language: str | None = None
    description: str = ""
    author: str = ""
    site_name: str = ""
    canonical_url: str = Field("", description="Where the page says it really is")
    published_at: datetime | None = None
    sha256: str = Field(description="Of the main text")
    changed: bool = Field(description="Whether the main text differs from the last time")
    fetched_at: datetime


class PageSkipped(BaseModel):
    """A page that was not read, and why."""

    url: str
    code: str
    reason: str


class Result(BaseModel):
    """What was read, in the order it was found."""

    pages: list[PageRead]
    skipped: list[PageSkipped]


@processor("context_scraping", timeout=timedelta(minutes=5), max_attempts=3, notify=True)
async def context_scraping(context: Context, args: Args) -> Result:
    """Read pages of a site politely and keep their main text and metadata.

    Running it twice writes the same rows again, one per user and URL, and asks the site only
    whether they changed.
    """
    crawl = Crawl.starting_at(args.url)
    while crawl.queue and len(crawl.pages) < args.max_pages and len(crawl.skipped) < MAX_SKIPPED:
        url = crawl.queue.popleft()
        await context.progress(len(crawl.pages) / args.max_pages, f"Reading {url}")
        try:
            page, changed = await read_page(context, url)
        except (Discard, ProviderError) as error:
            if url == args.url:
                raise
            await context.log(f"Skipped {url}: {error}")
            crawl.skipped.append(PageSkipped(url=url, code=error.code, reason=str(error)))
            continue
        await tell(context, page, changed)
        crawl.add(page, changed)
    await context.progress(1.0, f"{len(crawl.pages)} pages read")
    about = {"url": args.url, "title": crawl.pages[0].title, "pages": len(crawl.pages)}
    await context.notify("context_scraping_completed", about)
    return Result(pages=crawl.pages, skipped=crawl.skipped)


@dataclass(slots=True)
class Crawl:
    """What is still to be read and what was, breadth first."""

    queue: deque[str]
    known: set[str]
    pages: list[PageRead] = field(default_factory=list)
    skipped: list[PageSkipped] = field(default_factory=list)

    @classmethod
    def starting_at(cls, url: str) -> "Crawl":
        """Begin with one page."""
        return cls(deque([url]), {url, url.rstrip("/")})

    def add(self, page: PageRow, changed: bool) -> None:
        """Note a page and queue the links it brought that are new."""
        self.pages.append(
            PageRead(
                url=page.url,
                title=page.title,
                text_length=page.text_length,
                excerpt=page.text[:EXCERPT],
                language=page.language,
                description=page.description,
                author=page.author,
                site_name=page.site_name,
                canonical_url=page.canonical_url,
                published_at=page.published_at,
                sha256=page.sha256,
                changed=changed,
                fetched_at=page.fetched_at,
            )
        )
        for link in page.links:
            if link not in self.known and link.rstrip("/") not in self.known:
                self.known |= {link, link.rstrip("/")}
                self.queue.append(link)


async def read_page(context: Context, url: str) -> tuple[PageRow, bool]:
    """Fetch a page unless it is unchanged, keep it, and say whether its main text changed."""
    async with context.db() as session:
        known = await find_page(session, context.org, context.user, url)
    etag, last_modified = (known.etag, known.last_modified) if known else ("", "")
    fetched = await context.providers.web.get(url, etag=etag, last_modified=last_modified)
    if fetched.unchanged and known is not None:
        seen = replace(known, fetched_at=datetime.now(UTC))
        async with context.db() as session:
            await page_seen(session, seen)
        return seen, False
    page = await page_of(context, url, fetched)
    async with context.db() as session:
        await keep_page(session, page)
    return page, known is None or known.sha256 != page.sha256


async def page_of(context: Context, url: str, fetched: Fetched) -> PageRow:
    """Return a fetched page as a row; its HTML is taken apart in the process pool."""
    article = await context.run_in_process(
        read_article, fetched.body, fetched.charset, fetched.media_type, fetched.url
    )
    now = datetime.now(UTC)
    return PageRow(
        org_id=context.org,
        user_id=context.user,
        url=url,
        title=article.title,
        language=article.language,
        text=article.text,
        text_length=len(article.text),
        sha256=hashlib.sha256(article.text.encode()).hexdigest(),
        etag=shorter(fetched.etag),
        last_modified=shorter(fetched.last_modified),
        links=list(article.links),
        description=article.metadata.description,
        author=article.metadata.author,
        site_name=article.metadata.site_name,
        canonical_url=article.metadata.canonical_url,
        published_at=article.metadata.published_at,
        fetched_at=now,
        changed_at=now,
    )


def shorter(validator: str) -> str:
    """Return a validator that is worth keeping; cut off, it would match nothing."""
    return validator if len(validator) <= LONGEST_VALIDATOR else ""


async def tell(context: Context, page: PageRow, changed: bool) -> None:
    """Show what was read: a log line, and the beginning of a text that is new."""
    host = urlsplit(page.url).hostname
    state = "read" if changed else "unchanged"
    if not page.text:
        state = "none without its frames or JavaScript"
    await context.log(f"{page.title or host}: {page.text_length} characters, {state}", url=page.url)
    if changed:
        await context.output(f"# {page.title}\n{page.url}\n\n{page.text[:STREAMED]}\n\n")
