"""Pages of somebody's site as they were last read; ``jobs.kept.pages`` reads and writes them."""

from datetime import datetime

from sqlalchemy import Column, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from jobs.models.feed import words
from jobs.models.job import instant


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
    description: str = Field(sa_column=words())
    author: str = Field(sa_column=words())
    site_name: str = Field(sa_column=words())
    canonical_url: str = Field(sa_column=words())
    published_at: datetime | None = Field(sa_column=instant(null=True))
    fetched_at: datetime = Field(sa_column=instant())
    changed_at: datetime = Field(sa_column=instant())
