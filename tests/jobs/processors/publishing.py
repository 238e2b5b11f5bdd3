"""A newsroom for tests: contents and connections of an owner, the played platforms, and a bench."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from jobs.db import speak_json
from jobs.ids import uuid7
from jobs.kept.contents import ContentRow, find_content
from jobs.processors.analytics_collection import analytics_collection
from jobs.processors.content_publishing import content_publishing
from jobs.providers.api import Api
from jobs.providers.platforms import Platforms
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from jobs.vault import Vault
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mastodon import Mastodon
from service.dev.sandbox.sink import SECRET, Sink

SECRET_KEY = "the tests' key for what is sealed"
TEXT = "The garden opens on Sunday.\n\nSee https://garden.example/opening?day=sunday&hour=ten & come by!"
TOKEN = {"access_token": "sandbox-token"}

ADD_CONNECTION = """
INSERT INTO connections (id, org_id, user_id, provider, name, base_url, credentials, holds, status)
VALUES ($1, $2, $3, $4, 'Ours', $5, $6, $7, $8)
"""
ADD_CONTENT = """
INSERT INTO contents (id, org_id, user_id, status, title, body, hashtags, variants, brand_voice, language,
                      connection_id, publish_at, media)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'en-GB', $10, $11, $12)
"""


def sealing(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    """Return settings under which the sandbox can be reached and connections be opened."""
    values = {"secret_key": SECRET_KEY, "web_allow_private": sandbox.host}
    return JobsSettings(**{**settings.model_dump(), **values})


@dataclass
class Newsroom:
    """What a user has, and where it goes. ``database`` is a plain connection, to look with."""

    database: asyncpg.Connection
    sandbox: Sandbox
    db: Sessions
    providers: dict[str, object] = field(default_factory=dict)
    owner: tuple[str, str] = ("acme", "anna")

    @property
    def mastodon(self) -> Mastodon:
        return self.sandbox.peer(Mastodon)

    @property
    def sink(self) -> Sink:
        return self.sandbox.peer(Sink)

    @property
    def texts(self) -> list[str]:
        """Return what was posted, oldest first."""
        return [status.text for status in self.mastodon.posts.statuses]

    def bench(self, **options: Any) -> Bench:
        kinds = [content_publishing, analytics_collection]
        return Bench(kinds, providers=self.providers, db=self.db, owner=self.owner, **options)

    async def connect(
        self,
        provider: str = "mastodon",
        *,
        credentials: dict[str, str] | None = None,
        base_url: str | None = None,
        status: str = "active",
    ) -> UUID:
        ident = uuid7()
        given = credentials or ({"secret": SECRET} if provider == "webhook" else TOKEN)
        path = "/sink/posts" if provider == "webhook" else "/mastodon"
        url = f"{self.sandbox.url}{path}" if base_url is None else base_url
        sealed = Vault(JobsSettings(secret_key=SECRET_KEY)).close(ident, given)
        await self.database.execute(
            ADD_CONNECTION, ident, *self.owner, provider, url, sealed, sorted(given), status
        )
        return ident

    async def write(
        self,
        status: str = "approved",
        *,
        text: str = TEXT,
        hashtags: tuple[str, ...] = ("Garden",),
        voice: str = "warm",
        connection: UUID | None = None,
        publish_at: datetime | None = None,
        media: list[dict[str, str]] | None = None,
    ) -> UUID:
        ident = uuid7()
        words = ("Open at last", "Body in **Markdown**.", list(hashtags), {"mastodon": text}, voice)
        await self.database.execute(
            ADD_CONTENT, ident, *self.owner, status, *words, connection, publish_at, media or []
        )
        return ident

    async def publish(self, content: UUID, connection: UUID | None = None, **args: Any) -> Job:
        """Run a job to its end."""
        bench = self.bench()
        named = {} if connection is None else {"connection_id": str(connection)}
        job = bench.submit(content_publishing, {"content_id": str(content), **named, **args})
        await bench.run()
        return job

    async def collect(self, connection: UUID) -> Job:
        bench = self.bench()
        job = bench.submit(analytics_collection, {"connection_id": str(connection)})
        await bench.run()
        return job

    async def content(self, ident: UUID) -> ContentRow:
        async with self.db() as session:
            found = await find_content(session, *self.owner, ident)
        assert found is not None
        return found

    async def posts(self) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.fetch("SELECT * FROM posts ORDER BY id")]

    async def post(self) -> dict[str, Any]:
        [only] = await self.posts()
        return only

    async def samples(self) -> dict[tuple[str, str], int]:
        """Return the newest samples by provider's id and metric."""
        rows = await self.database.fetch(
            "SELECT provider_post_id, metric, value FROM samples JOIN posts ON posts.id = post_id "
            "ORDER BY hour"
        )
        return {(row["provider_post_id"], row["metric"]): row["value"] for row in rows}


@asynccontextmanager
async def open_newsroom(database_url: str, sandbox: Sandbox) -> AsyncIterator[Newsroom]:
    """Open a newsroom that publishes in the sandbox."""
    settings = JobsSettings(secret_key=SECRET_KEY, web_allow_private=sandbox.host)
    database = await asyncpg.connect(database_url)
    await speak_json(database)
    try:
        async with Api(settings) as api:
            providers = {"api": api, "vault": Vault(settings), "platforms": Platforms(api)}
            yield Newsroom(database, sandbox, sessions(database_url), dict(providers))
    finally:
        await database.close()
