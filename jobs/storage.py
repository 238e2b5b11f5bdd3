"""Uploaded bytes: on a local disk or in a bucket (STORAGE_URL), with one row each in Postgres."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from jobs.db import LOST
from jobs.errors import NotFound, TooLarge, TooMany, Unavailable
from jobs.ids import uuid7
from jobs.settings import JobsSettings

INSERT = """
INSERT INTO uploads (id, org_id, user_id, name, size, media_type, sha256, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8)
RETURNING id, org_id, user_id, name, size, media_type, sha256, created_at, expires_at
"""
KEPT = "SELECT coalesce(sum(size), 0)::bigint AS bytes FROM uploads WHERE org_id = $1"
FIND = """
SELECT id, org_id, user_id, name, size, media_type, sha256, created_at, expires_at FROM uploads
WHERE id = $1 AND org_id = $2 AND user_id = $3 AND expires_at > now()
"""
REMOVE = "DELETE FROM uploads WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING id"
EXPIRED = "SELECT id FROM uploads WHERE expires_at <= now() ORDER BY expires_at LIMIT $1"
FORGET = "DELETE FROM uploads WHERE id = ANY($1)"

BUFFER = 5 * 1024 * 1024  # the least a bucket takes as one part
MAX_NAME = 255
MAX_MEDIA_TYPE = 127
ORPHAN_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class UploadRow:
    """Bytes waiting for a processor. ``name`` is for showing only and never becomes a path."""

    id: UUID
    org_id: str
    user_id: str
    name: str
    size: int
    media_type: str
    sha256: str
    created_at: datetime
    expires_at: datetime


class Storage:
    """Where uploads live. Bytes are written before their row and removed before it.

    So a row has its bytes; bytes whose row was never written are swept by ``forget_orphans``.
    """

    def __init__(self, settings: JobsSettings, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._store = open_store(settings)
        self._limit = settings.max_upload_bytes
        self._quota = settings.org_upload_bytes
        self._lifetime = settings.upload_ttl
        self._timeout = settings.database_timeout_seconds

    async def receive(
        self, org: str, user: str, name: str, media_type: str, chunks: AsyncIterable[bytes]
    ) -> UploadRow:
        """Keep a body while it streams in. Whatever goes wrong, nothing is left behind.

        Raises TooLarge past ``max_upload_bytes``, TooMany when the org keeps its quota's worth of
        uploads already, Unavailable when the bytes cannot be stored.
        """
        await self._check_quota(org)
        ident = uuid7()
        measured = Measured(chunks, self._limit)
        try:
            await self._write(ident, measured)
            told = shown_name(name), measured.size, shown_type(media_type)
            digest = measured.digest.hexdigest()
            rows = await self._fetch(INSERT, ident, org, user, *told, digest, self._lifetime)
        except BaseException:
            with suppress(Unavailable):  # then the sweep for orphans has it
                await self._delete(ident)
            raise
        return upload(rows)

    async def _check_quota(self, org: str) -> None:
        """Refuse more when the quota is used up; one upload may go past its end."""
        if not self._quota:
            return
        [kept] = await self._fetch(KEPT, org)
        if kept["bytes"] >= self._quota:
            message = f"Your org keeps {kept['bytes']} bytes of uploads; at most {self._quota}."
            raise TooMany(message, after_seconds=3_600, code="upload_quota")

    async def find(self, org: str, user: str, ident: UUID) -> UploadRow:
        """Return the row of an upload. Raises NotFound, for a stranger's or an expired one too."""
        return upload(await self._fetch(FIND, ident, org, user))

    async def read(self, found: UploadRow) -> bytes:
        """Return the bytes. Raises NotFound when they were removed meanwhile."""
        with stored():
            answer = await obstore.get_async(self._store, str(found.id))
            return bytes(await answer.bytes_async())

    async def remove(self, org: str, user: str, ident: UUID) -> None:
        """Forget an upload; harmless when it is gone already or belongs to somebody else."""
        if await self._fetch(REMOVE, ident, org, user):
            await self._delete(ident)

    async def forget_expired(self, limit: int = 100) -> int:
        """Remove at most ``limit`` expired uploads and return how many there were."""
        idents = [row["id"] for row in await self._fetch(EXPIRED, limit)]
        for ident in idents:
            await self._delete(ident)
        await self._fetch(FORGET, idents)
        return len(idents)

    async def forget_orphans(self, limit: int = 1_000) -> int:
        """Remove bytes older than any row can be: their process died before it wrote the row."""
        oldest = datetime.now(UTC) - self._lifetime - ORPHAN_AGE
        found = [
            meta["path"]
            async for page in obstore.list(self._store, chunk_size=1_000)
            for meta in page
            if meta["last_modified"] < oldest
        ][:limit]
        for path in found:
            await self._delete(path)
        return len(found)

    async def _fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        try:
            async with self._pool.acquire(timeout=self._timeout) as connection:
                return await connection.fetch(sql, *args, timeout=self._timeout)
        except LOST as error:
            raise Unavailable from error

    async def _write(self, ident: UUID, measured: "Measured") -> None:
        """Push, not pull: a body that never ends then belongs to nobody but its reader."""
        writer = obstore.open_writer_async(self._store, str(ident), buffer_size=BUFFER)
        async for chunk in measured:
            with stored():
                await writer.write(chunk)
        with stored():
            await writer.close()

    async def _delete(self, path: UUID | str) -> None:
        with stored(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, str(path))


@dataclass(slots=True)
class Measured:
    """Passes chunks on while it counts and hashes them. Raises TooLarge past the limit."""

    chunks: AsyncIterable[bytes]
    limit: int
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.chunks:
            self.size += len(chunk)
            if self.size > self.limit:
                raise TooLarge(f"An upload may have at most {self.limit:,} bytes.")
            self.digest.update(chunk)
            yield chunk


@contextmanager
def stored() -> Iterator[None]:
    """Translate what a disk or a bucket stumbles over."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("The upload is gone.") from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise Unavailable("Uploads cannot be reached right now.") from error


@dataclass(frozen=True, slots=True)
class OwnStorage:
    """The uploads of one user: all that a processor can reach."""

    storage: Storage
    org: str
    user: str

    async def find(self, ident: UUID) -> UploadRow:
        """Return the row of an upload. Raises NotFound."""
        return await self.storage.find(self.org, self.user, ident)

    async def read(self, found: UploadRow) -> bytes:
        """Return the bytes of an upload found before. Raises NotFound when it is gone."""
        return await self.storage.read(found)

    async def remove(self, ident: UUID) -> None:
        """Forget an upload; harmless when it is gone already."""
        await self.storage.remove(self.org, self.user, ident)


def open_store(settings: JobsSettings) -> ObjectStore:
    """Return what STORAGE_URL names; a bucket's credentials come from the usual AWS variables."""
    if settings.storage_path is not None:
        return LocalStore(settings.storage_path.absolute(), mkdir=True)
    return from_url(settings.storage_url)


def upload(rows: list[asyncpg.Record]) -> UploadRow:
    """Return the one row as its model. Raises NotFound when there is none."""
    if not rows:
        raise NotFound("There is no such upload, or it has expired.")
    return UploadRow(**dict(rows[0]))


def shown_name(name: str) -> str:
    """Return the last part of a client's file name, fit for showing; never used as a path."""
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return plain(base, MAX_NAME) or "upload"


def shown_type(media_type: str) -> str:
    """Return what a client says the bytes are; never trusted to be it."""
    return plain(media_type, MAX_MEDIA_TYPE) or "application/octet-stream"


def plain(value: str, longest: int) -> str:
    """Return ``value`` without what cannot be shown (controls, bidi marks, lone surrogates)."""
    return "".join(c for c in value if c.isprintable()).strip()[:longest]
