"""A page of somebody's site as it was last read: its main text, its hash and its validators."""

from datetime import datetime

from sqlalchemy import Column, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.models.job import instant

FIND = text("SELECT * FROM pages WHERE org_id = :org AND user_id = :user AND url = :url")
KEEP = text(
    """
    INSERT INTO pages (org_id, user_id, url, title, language, text, text_length, sha256,
                       etag, last_modified, links, fetched_at, changed_at)
    VALUES (:org_id, :user_id, :url, :title, :language, :text, :text_length, :sha256,
            :etag, :last_modified, :links, :fetched_at, :changed_at)
    ON CONFLICT (org_id, user_id, url) DO UPDATE SET
      title = excluded.title, language = excluded.language, text = excluded.text,
      text_length = excluded.text_length, sha256 = excluded.sha256, etag = excluded.etag,
      last_modified = excluded.last_modified, links = excluded.links,
      fetched_at = excluded.fetched_at,
      changed_at = CASE WHEN pages.sha256 = excluded.sha256 THEN pages.changed_at
                        ELSE excluded.changed_at END
    """
)
SEEN = text(
    """
    UPDATE pages SET fetched_at = :fetched_at
    WHERE org_id = :org_id AND user_id = :user_id AND url = :url
    """
)


class Page(SQLModel, table=True):
    """One page per user and URL. ``changed_at`` moves only when the main text did."""

    __tablename__ = "pages"

    org_id: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    url: str = Field(sa_column=Column(Text, primary_key=True))
    title: str = Field(sa_column=Column(Text, nullable=False))
    language: str | None = Field(sa_column=Column(Text))
    text: str = Field(sa_column=Column(Text, nullable=False))
    text_length: int = Field(sa_column=Column(Integer, nullable=False))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    etag: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    last_modified: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    links: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    fetched_at: datetime = Field(sa_column=instant())
    changed_at: datetime = Field(sa_column=instant())


async def find_page(session: AsyncSession, org: str, user: str, url: str) -> Page | None:
    """Return the page as it was last read, if it was."""
    connection = await session.connection()
    row = (
        (await connection.execute(FIND, {"org": org, "user": user, "url": url})).mappings().first()
    )
    return Page(**row) if row else None


async def keep_page(session: AsyncSession, page: Page) -> None:
    """Write the page over what was known of its URL; twice is the same as once."""
    await (await session.connection()).execute(KEEP, page.model_dump())


async def page_seen(session: AsyncSession, page: Page) -> None:
    """Note that the page was asked for again and has not changed."""
    values = page.model_dump(include={"org_id", "user_id", "url", "fetched_at"})
    await (await session.connection()).execute(SEEN, values)
