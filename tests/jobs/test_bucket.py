"""Uploads in a bucket, over S3's real protocol: what web writes the worker reads, nothing stays behind."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from jobs.errors import NotFound, Unavailable
from jobs.resources import open_resources
from jobs.settings import JobsSettings
from jobs.storage import Storage
from jobs.used_up import forget_used_up
from service.doctor import masked
from service.settings import ServiceSettings
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.s3_peer import KEY, LEAST_PART, REGION, SECRET, S3Peer, open_s3_peer
from tests.jobs.test_storage import AGE_ALL, body

KIND = "course_timeline_parsing"
SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
AGES_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def peer() -> Iterator[S3Peer]:
    with open_s3_peer("uploads", "other") as opened:
        yield opened


@pytest.fixture
async def pool(settings: JobsSettings) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(settings.postgres_dsn, min_size=1, max_size=3) as opened:
        yield opened


@pytest.fixture
def fly(settings: JobsSettings, peer: S3Peer, monkeypatch: pytest.MonkeyPatch) -> JobsSettings:
    """Give the settings of a process in whose environment `fly storage create` has put a Tigris bucket."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": peer.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "BUCKET_NAME": "uploads",
    }.items():
        monkeypatch.setenv(name, value)
    return JobsSettings(database_url=settings.database_url, redis_url=settings.redis_url)


async def test_what_one_machine_writes_another_reads_and_removes(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    web, worker = Storage(fly, pool), Storage(fly, pool)

    kept = await web.receive("acme", "anna", "a b.pdf", "application/pdf", body(b"he", b"llo"))

    found = await worker.find("acme", "anna", kept.id)
    assert await worker.read(found) == b"hello"
    assert list(peer.buckets["uploads"]) == [str(kept.id)]
    await worker.remove("acme", "anna", kept.id)
    assert peer.buckets == {"uploads": {}, "other": {}}
    with pytest.raises(NotFound):
        await web.read(kept)
    await web.remove("acme", "anna", kept.id)


async def test_a_large_upload_goes_in_parts(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    storage = Storage(fly, pool)
    chunks = [os.urandom(1_000_000) for _ in range(12)]

    kept = await storage.receive("acme", "anna", "big", "", body(*chunks))

    assert await storage.read(kept) == b"".join(chunks)
    assert len([line for line in peer.asked if "partNumber=" in line]) == 3
    assert kept.size > 2 * LEAST_PART
    assert peer.parts == {}


async def test_a_large_upload_that_breaks_off_leaves_no_object(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * 1_000_000
        raise EOFError

    with pytest.raises(EOFError):
        await Storage(fly, pool).receive("acme", "anna", "big", "", broken())

    assert peer.buckets["uploads"] == {}
    assert peer.parts == {}


async def test_a_prefix_keeps_two_deployments_in_one_bucket_apart(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    storage = Storage(fly.model_copy(update={"storage_url": "s3://other/deep/er"}), pool)
    peer.buckets["other"]["theirs"] = peer.buckets["other"]["deep/erx"] = b"", AGES_AGO

    kept = await storage.receive("acme", "anna", "a", "", body(b"mine"))
    peer.age("other", f"deep/er/{kept.id}", timedelta(days=9))

    assert await storage.read(kept) == b"mine"
    assert await storage.forget_orphans() == 1
    assert set(peer.buckets["other"]) == {"theirs", "deep/erx"}


async def test_expired_uploads_and_bytes_without_a_row_are_swept(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    storage = Storage(fly, pool)
    await storage.receive("acme", "anna", "old", "", body(b"x"))
    await pool.execute(AGE_ALL)
    fresh = await storage.receive("acme", "anna", "new", "", body(b"y"))
    for _ in range(3):
        peer.buckets["uploads"][str(uuid4())] = b"left by a killed process", AGES_AGO

    forgotten, orphans = await storage.forget_expired(), await storage.forget_orphans()

    assert (forgotten, orphans) == (1, 3)
    assert list(peer.buckets["uploads"]) == [str(fresh.id)]
    assert len([line for line in peer.asked if "list-type=2" in line]) == 2


async def test_a_bucket_that_says_slow_down_is_asked_again(
    fly: JobsSettings, peer: S3Peer, pool: asyncpg.Pool
) -> None:
    peer.busy = 2

    kept = await Storage(fly, pool).receive("acme", "anna", "a", "", body(b"x"))

    assert peer.buckets["uploads"][str(kept.id)][0] == b"x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"AWS_SECRET_ACCESS_KEY": "of somebody else"},
        {"AWS_REGION": "eu-west-9"},
        {"BUCKET_NAME": "missing"},
        {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"},
    ],
    ids=str,
)
async def test_a_bucket_that_cannot_be_used_is_unavailable_and_tells_no_secret(
    fly: JobsSettings, pool: asyncpg.Pool, wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"STORAGE_TIMEOUT_SECONDS": "2", **wrong}.items():
        monkeypatch.setenv(name, value)
    settings = JobsSettings(database_url=fly.database_url)

    with pytest.raises(Unavailable) as caught:
        await Storage(settings, pool).receive("acme", "anna", "a", "", body(b"x"))

    assert SECRET not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert await pool.fetchval("SELECT count(*) FROM uploads") == 0


async def test_the_settings_that_are_shown_hold_no_credentials(fly: JobsSettings) -> None:
    shown = masked(ServiceSettings())

    assert SECRET not in str(shown)
    assert KEY not in str(shown)
    assert SECRET not in repr(fly)
    assert (shown["BUCKET_NAME"], shown["AWS_REGION"]) == ("uploads", REGION)


def test_a_storage_url_goes_before_a_bucket_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "uploads")

    assert JobsSettings().stored_at == "s3://uploads"
    assert JobsSettings().storage_path is None
    assert JobsSettings(storage_url="file:///data").stored_at == "file:///data"


async def test_web_and_worker_on_two_machines_share_nothing_but_the_bucket(
    settings: JobsSettings, fly: JobsSettings, peer: S3Peer
) -> None:
    named = ("aws_endpoint_url_s3", "aws_region", "aws_access_key_id", "aws_secret_access_key")
    there = {"storage_url": "s3://uploads"} | {name: getattr(fly, name) for name in named}
    shared = settings.model_copy(update=there)
    outline = (SAMPLES / "course-outline.pdf").read_bytes()

    async with open_resources(shared) as web, working(shared):
        idents = [
            (await web.storage.receive(ANNA.org, ANNA.user, "a.pdf", "", body(data))).id
            for data in (outline, outline[:500])
        ]
        read, refused = [
            await ended(web, await submit(web, KIND, upload_id=str(ident))) for ident in idents
        ]
        assert list(peer.buckets["uploads"]) == [str(idents[1])]
        await forget_used_up(web.db, web.storage, web.registry.values(), 0.0)

    assert len(read.result["events"]) == 52
    assert refused.error is not None
    assert refused.error.code == "unreadable"
    assert peer.buckets["uploads"] == {}
