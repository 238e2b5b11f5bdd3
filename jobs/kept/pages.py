"""A page of somebody's site as it was last read: main text, metadata, hash and validators."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

FIND = """
SELECT org_id, user_id, url, title, language, text, text_length, sha256,
       etag, last_modified, links, fetched_at, changed_at,
       description, author, site_name, canonical_url, published_at
FROM pages WHERE org_id = $1 AND user_id = $2 AND url = $3
"""
KEEP = """
INSERT INTO pages (org_id, user_id, url, title, language, text, text_length, sha256,
                   etag, last_modified, links, fetched_at, changed_at,
                   description, author, site_name, canonical_url, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (org_id, user_id, url) DO UPDATE SET
  title = excluded.title, language = excluded.language, text = excluded.text,
  text_length = excluded.text_length, sha256 = excluded.sha256, etag = excluded.etag,
  last_modified = excluded.last_modified, links = excluded.links,
  description = excluded.description, author = excluded.author,
  site_name = excluded.site_name, canonical_url = excluded.canonical_url,
  published_at = excluded.published_at, fetched_at = excluded.fetched_at,
  changed_at = CASE WHEN pages.sha256 = excluded.sha256 THEN pages.changed_at
                    ELSE excluded.changed_at END
"""
SEEN = "UPDATE pages SET fetched_at = $4 WHERE org_id = $1 AND user_id = $2 AND url = $3"


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page per user and URL. ``changed_at`` moves only when the main text did."""

    org_id: str
    user_id: str
    url: str
    title: str
    language: str | None
    text: str
    text_length: int
    sha256: str
    etag: str
    last_modified: str
    links: list[str]
    fetched_at: datetime
    changed_at: datetime
    description: str = ""
    author: str = ""
    site_name: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None


async def find_page(session: "AsyncSession", org: str, user: str, url: str) -> PageRow | None:
    """Return the page as it was last read, if it was."""
    return await one(session, PageRow, FIND, org, user, url)


async def keep_page(session: "AsyncSession", page: PageRow) -> None:
    """Write the page over what was known of its URL; twice is the same as once."""
    await run(session, KEEP, *astuple(page))


async def page_seen(session: "AsyncSession", page: PageRow) -> None:
    """Note that the page was asked for again and has not changed."""
    values = (page.org_id, page.user_id, page.url, page.fetched_at)
    await run(session, SEEN, *values)
