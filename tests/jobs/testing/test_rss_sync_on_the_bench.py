"""Kind ``rss_sync`` on the bench: how often it is tried, how long it waits, what becomes of its feed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from jobs.errors import Discard, ProviderError
from jobs.processors.rss_sync import rss_sync
from jobs.providers.web import Fetched
from jobs.testing import run, sessions
from jobs.testing.absent import Sessions

BODY = b'<rss version="2.0"><channel><title>T</title><item><guid>1</guid></item></channel></rss>'
ADD = "INSERT INTO feeds (id, org_id, user_id, url) VALUES ($1, $2, $3, 'https://a.example/f')"


@dataclass
class PlayedFeeds:
    """Fails with each of ``errors`` in turn, then answers with a feed."""

    errors: list[Exception] = field(default_factory=list)
    bad_after: timedelta = timedelta(days=7)
    asked: int = 0

    async def get(self, url: str, etag: str, last_modified: str) -> Fetched:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return Fetched(url=url, body=BODY, media_type="text/xml", etag='"1"')


@pytest.fixture
def db(database_url: str) -> Sessions:
    return sessions(database_url)


@pytest.fixture
async def database(database_url: str, empty_database: None) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def feed(database: Any) -> UUID:
    ident = uuid4()
    await database.execute(ADD, ident, "acme", "anna")
    return ident


async def row_of(database: Any) -> Any:
    return await database.fetchrow("SELECT * FROM feeds")


async def test_an_outage_that_passes_costs_attempts_and_nothing_else(
    db: Sessions, database: Any, feed: UUID
) -> None:
    played = PlayedFeeds(
        [ProviderError("Down."), ProviderError("Down.", after=timedelta(minutes=9))]
    )

    ran = await run(rss_sync, providers={"feeds": played}, db=db, feed_id=str(feed))

    assert (ran.state, ran.result.new, played.asked) == ("succeeded", 1, 3)
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at >= timedelta(minutes=9)
    assert [(told.name, told.data["new"]) for told in ran.notifications] == [
        ("rss_sync_completed", 1)
    ]
    now = await row_of(database)
    assert (now["failures"], now["failing_since"], now["error_code"]) == (0, None, "")


async def test_three_failed_attempts_end_the_job_and_are_one_failure(
    db: Sessions, database: Any, feed: UUID
) -> None:
    played = PlayedFeeds([ProviderError("Down.") for _ in range(5)])

    ran = await run(rss_sync, providers={"feeds": played}, db=db, feed_id=str(feed))

    assert (ran.state, played.asked, ran.notifications) == ("failed", 3, [])
    assert ran.error is not None
    assert ran.error.code == "provider_error"
    assert (await row_of(database))["failures"] == 1


@pytest.mark.parametrize("code", ["http_404", "robots", "address_refused", "wrong_type"])
async def test_what_will_not_get_better_is_tried_once(
    db: Sessions, database: Any, feed: UUID, code: str
) -> None:
    played = PlayedFeeds([Discard("No.", code=code)])

    ran = await run(rss_sync, providers={"feeds": played}, db=db, feed_id=str(feed))

    assert (ran.state, played.asked) == ("failed", 1)
    now = await row_of(database)
    assert (now["error_code"], now["failures"], now["ended_at"]) == (code, 1, None)


async def test_a_feed_flagged_in_the_last_attempt_is_told_once(
    db: Sessions, database: Any, feed: UUID
) -> None:
    played = PlayedFeeds([ProviderError("Down.") for _ in range(3)], bad_after=timedelta(0))

    ran = await run(rss_sync, providers={"feeds": played}, db=db, feed_id=str(feed))

    assert [(told.name, told.data["reason"]) for told in ran.notifications] == [
        ("rss_sync_failed", "failing")
    ]
    assert (await row_of(database))["flagged_at"] is not None


async def test_a_feed_nobody_has_ends_the_job(db: Sessions, feed: UUID) -> None:
    played = PlayedFeeds()

    ran = await run(rss_sync, providers={"feeds": played}, db=db, feed_id=str(uuid4()))

    assert ran.error is not None
    assert (ran.error.code, played.asked) == ("not_found", 0)
