"""Uploads: kept whole or not at all, shown under a harmless name, reachable by their owner only."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from jobs.errors import NotFound, TooLarge, Unavailable
from jobs.settings import JobsSettings
from jobs.storage import OwnStorage, Storage, shown_name

AGE_ALL = "UPDATE uploads SET expires_at = now() - interval '1 second'"


@pytest.fixture
async def pool(settings: JobsSettings) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(settings.postgres_dsn, min_size=1, max_size=3) as opened:
        yield opened


@pytest.fixture
def folder(settings: JobsSettings) -> Path:
    assert settings.storage_path is not None
    return settings.storage_path


@pytest.fixture
def storage(settings: JobsSettings, pool: asyncpg.Pool) -> Storage:
    return Storage(settings.model_copy(update={"max_upload_bytes": 1_000}), pool)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_an_upload_comes_back_as_it_went_in(storage: Storage, folder: Path) -> None:
    kept = await storage.receive("acme", "anna", "a.txt", "text/plain", body(b"he", b"llo"))

    found = await storage.find("acme", "anna", kept.id)
    assert (found.name, found.size, found.media_type) == ("a.txt", 5, "text/plain")
    assert found.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert await storage.read(found) == b"hello"
    assert names(folder) == [str(kept.id)]


async def test_an_empty_upload_is_kept_too(storage: Storage) -> None:
    kept = await storage.receive("acme", "anna", "empty", "", body())

    assert await storage.read(kept) == b""
    assert kept.media_type == "application/octet-stream"


async def test_a_body_past_the_limit_is_refused_and_leaves_nothing(
    storage: Storage, folder: Path, pool: asyncpg.Pool
) -> None:
    with pytest.raises(TooLarge):
        await storage.receive("acme", "anna", "big", "", body(b"x" * 600, b"x" * 401))

    assert names(folder) == []
    assert await pool.fetchval("SELECT count(*) FROM uploads") == 0


async def test_a_body_of_exactly_the_limit_is_kept(storage: Storage) -> None:
    kept = await storage.receive("acme", "anna", "full", "", body(b"x" * 1_000))

    assert kept.size == 1_000


async def test_a_client_that_goes_away_leaves_nothing(storage: Storage, folder: Path) -> None:
    class Disconnected(Exception):
        pass

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise Disconnected

    with pytest.raises(Disconnected):
        await storage.receive("acme", "anna", "half", "", broken())

    assert names(folder) == []


async def test_a_cancelled_upload_leaves_nothing(
    storage: Storage, folder: Path, pool: asyncpg.Pool
) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"half"
        begun.set()
        await never.wait()

    receiving = asyncio.create_task(storage.receive("acme", "anna", "half", "", endless()))
    await begun.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving

    assert names(folder) == []
    assert await pool.fetchval("SELECT count(*) FROM uploads") == 0


async def test_a_database_that_fails_leaves_no_bytes(
    settings: JobsSettings, folder: Path, pool: asyncpg.Pool
) -> None:
    storage = Storage(settings, pool)
    await pool.close()

    with pytest.raises(Unavailable):
        await storage.receive("acme", "anna", "a", "", body(b"bytes"))

    assert names(folder) == []


@pytest.mark.parametrize(("org", "user"), [("acme", "bert"), ("other", "anna")])
async def test_a_stranger_finds_and_removes_nothing(storage: Storage, org: str, user: str) -> None:
    kept = await storage.receive("acme", "anna", "a", "", body(b"mine"))

    with pytest.raises(NotFound):
        await storage.find(org, user, kept.id)
    await storage.remove(org, user, kept.id)

    assert await storage.read(await storage.find("acme", "anna", kept.id)) == b"mine"


async def test_removing_twice_is_harmless(storage: Storage, folder: Path) -> None:
    kept = await storage.receive("acme", "anna", "a", "", body(b"x"))
    own = OwnStorage(storage, "acme", "anna")

    await own.remove(kept.id)
    await own.remove(kept.id)
    await own.remove(uuid4())

    assert names(folder) == []
    with pytest.raises(NotFound):
        await own.find(kept.id)
    with pytest.raises(NotFound):
        await own.read(kept)


async def test_expired_uploads_are_not_found_and_then_forgotten(
    storage: Storage, folder: Path, pool: asyncpg.Pool
) -> None:
    for _ in range(3):
        kept = await storage.receive("acme", "anna", "a", "", body(b"x"))
    await pool.execute(AGE_ALL)
    fresh = await storage.receive("acme", "anna", "b", "", body(b"y"))

    with pytest.raises(NotFound):
        await storage.find("acme", "anna", kept.id)
    assert await storage.forget_expired(2) == 2
    assert await storage.forget_expired() == 1
    assert await storage.forget_expired() == 0

    assert names(folder) == [str(fresh.id)]


async def test_bytes_without_a_row_are_swept_when_no_upload_can_still_own_them(
    settings: JobsSettings, folder: Path, storage: Storage
) -> None:
    fresh = await storage.receive("acme", "anna", "b", "", body(b"y"))
    orphan = folder / str(uuid4())
    orphan.write_bytes(b"left by a killed process")
    old = orphan.stat().st_mtime - (settings.upload_ttl + timedelta(hours=2)).total_seconds()
    os.utime(orphan, (old, old))

    assert await storage.forget_orphans() == 1

    assert names(folder) == [str(fresh.id)]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/abs/olute.pdf", "olute.pdf"),
        ("a/b/", "b"),
        ("nul\0l.txt", "null.txt"),
        ("tab\tline\r\nX: y", "tablineX: y"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\ud800lone", "lone"),
        ("x" * 300, "x" * 255),
        ("..", ".."),
        ("", "upload"),
        ("///", "upload"),
        ("Übung 1.pdf", "Übung 1.pdf"),
    ],
)
def test_a_name_is_shown_without_path_and_control_characters(given: str, shown: str) -> None:
    assert shown_name(given) == shown


async def test_a_hostile_name_never_becomes_a_path(storage: Storage, folder: Path) -> None:
    kept = await storage.receive("acme", "anna", "../../x\0.txt", "text/x\r\ny", body(b"x"))

    assert names(folder) == [str(kept.id)]
    assert kept.name == "x.txt"
    assert kept.media_type == "text/xy"


async def test_a_body_larger_than_the_buffer_is_kept_whole(
    settings: JobsSettings, pool: asyncpg.Pool, folder: Path
) -> None:
    storage = Storage(settings, pool)
    chunks = [os.urandom(1_000_000) for _ in range(12)]

    kept = await storage.receive("acme", "anna", "big", "", body(*chunks))

    assert await storage.read(kept) == b"".join(chunks)
    assert names(folder) == [str(kept.id)]


async def test_a_large_upload_that_breaks_off_leaves_nothing(
    settings: JobsSettings, pool: asyncpg.Pool, folder: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * 1_000_000
        raise EOFError

    with pytest.raises(EOFError):
        await Storage(settings, pool).receive("acme", "anna", "big", "", broken())

    assert names(folder) == []


async def test_a_disk_that_cannot_be_written_is_unavailable(
    settings: JobsSettings, pool: asyncpg.Pool, folder: Path
) -> None:
    storage = Storage(settings, pool)
    folder.rmdir()
    folder.write_bytes(b"a file where the folder was")

    with pytest.raises(Unavailable):
        await storage.receive("acme", "anna", "a", "", body(b"x"))
