"""Uploads: their rows in Postgres, who may see them, how many there may be. Their bytes: ``bucket``."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from jobs.db import LOST
from jobs.errors import NotFound, TooLarge, TooMany, Unavailable
from jobs.ids import uuid7
from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from jobs.bucket import Bucket

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
KEPT_OF = """
SELECT id, org_id, user_id, name, size, media_type, sha256, created_at, expires_at FROM uploads
WHERE id = ANY($1) AND org_id = $2 AND user_id = $3 AND expires_at > now() ORDER BY id
"""
REMOVE = "DELETE FROM uploads WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING id"
EXPIRED = "SELECT id FROM uploads WHERE expires_at <= now() ORDER BY expires_at LIMIT $1"
FORGET = "DELETE FROM uploads WHERE id = ANY($1)"

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
        self._settings = settings
        make_folder(settings)
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
            await self._bucket.write(str(ident), measured)
            told = shown_name(name), measured.size, shown_type(media_type)
            digest = measured.digest.hexdigest()
            rows = await self._fetch(INSERT, ident, org, user, *told, digest, self._lifetime)
        except BaseException:
            with suppress(Unavailable):  # then the sweep for orphans has it
                await self._bucket.delete(str(ident))
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

    async def kept(self, org: str, user: str, idents: Sequence[UUID]) -> list[UploadRow]:
        """Return the rows of those that are still kept, oldest first."""
        found = await self._fetch(KEPT_OF, list(idents), org, user)
        return [UploadRow(**dict(row)) for row in found]

    async def read(self, found: UploadRow) -> bytes:
        """Return the bytes. Raises NotFound when they were removed meanwhile."""
        return await self._bucket.read(str(found.id))

    def stream(self, found: UploadRow) -> AsyncIterator[bytes]:
        """Yield the bytes part by part. Raises NotFound when they were removed meanwhile."""
        return self._bucket.stream(str(found.id))

    async def remove(self, org: str, user: str, ident: UUID) -> None:
        """Forget an upload; harmless when it is gone already or belongs to somebody else."""
        if await self._fetch(REMOVE, ident, org, user):
            await self._bucket.delete(str(ident))

    async def forget_expired(self, limit: int = 100) -> int:
        """Remove at most ``limit`` expired uploads and return how many there were."""
        idents = [row["id"] for row in await self._fetch(EXPIRED, limit)]
        for ident in idents:
            await self._bucket.delete(str(ident))
        await self._fetch(FORGET, idents)
        return len(idents)

    async def forget_orphans(self, limit: int = 1_000) -> int:
        """Remove bytes older than any row can be: their process died before it wrote the row."""
        oldest = datetime.now(UTC) - self._lifetime - ORPHAN_AGE
        found = (await self._bucket.older_than(oldest))[:limit]
        for path in found:
            await self._bucket.delete(path)
        return len(found)

    async def _fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        try:
            async with self._pool.acquire(timeout=self._timeout) as connection:
                return await connection.fetch(sql, *args, timeout=self._timeout)
        except LOST as error:
            raise Unavailable from error

    @cached_property
    def _bucket(self) -> "Bucket":
        from jobs.bucket import Bucket  # noqa: PLC0415 - see there

        return Bucket(self._settings)


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


def make_folder(settings: JobsSettings) -> None:
    """Make the local folder, so that one that cannot be written ends the start and not an upload."""
    if settings.storage_path is not None:
        settings.storage_path.mkdir(parents=True, exist_ok=True)


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
