"""Uploads in memory."""

import hashlib
from collections.abc import AsyncIterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from jobs.errors import NotFound
from jobs.ids import uuid7
from jobs.storage import Storage, UploadRow, shown_name, shown_type
from jobs.testing.clock import Clock


class MemoryStorage(Storage):
    """What ``jobs.storage.Storage`` promises, over a dict; uploads expire on the bench's clock."""

    def __init__(self, clock: Clock, lifetime: timedelta) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._kept: dict[UUID, tuple[UploadRow, bytes]] = {}

    async def receive(
        self, org: str, user: str, name: str, media_type: str, chunks: AsyncIterable[bytes]
    ) -> UploadRow:
        """Keep a body while it streams in."""
        data = b"".join([chunk async for chunk in chunks])
        return self.put((org, user), data, name=name, media_type=media_type)

    async def find(self, org: str, user: str, ident: UUID) -> UploadRow:
        """Return the row of an upload. Raises NotFound."""
        found, _ = self._kept.get(ident, (None, b""))
        if found is None or (found.org_id, found.user_id) != (org, user):
            raise NotFound("There is no such upload, or it has expired.")
        if found.expires_at <= self._clock.now:
            raise NotFound("There is no such upload, or it has expired.")
        return found

    async def read(self, found: UploadRow) -> bytes:
        """Return the bytes. Raises NotFound when they were removed meanwhile."""
        if found.id not in self._kept:
            raise NotFound("The upload is gone.")
        return self._kept[found.id][1]

    async def remove(self, org: str, user: str, ident: UUID) -> None:
        """Forget an upload; harmless when it is gone already or belongs to somebody else."""
        found = self._kept.get(ident)
        if found is not None and (found[0].org_id, found[0].user_id) == (org, user):
            del self._kept[ident]

    def put(
        self,
        owner: tuple[str, str],
        data: bytes | Path,
        *,
        ident: UUID | None = None,
        name: str = "",
        media_type: str = "",
    ) -> UploadRow:
        """Keep bytes, or a file's, as an upload of ``owner`` (org, user)."""
        body = data.read_bytes() if isinstance(data, Path) else data
        name = name or (data.name if isinstance(data, Path) else "")
        kept = UploadRow(
            id=ident or uuid7(),
            org_id=owner[0],
            user_id=owner[1],
            name=shown_name(name),
            size=len(body),
            media_type=shown_type(media_type),
            sha256=hashlib.sha256(body).hexdigest(),
            created_at=self._clock.now,
            expires_at=self._clock.now + self._lifetime,
        )
        self._kept[kept.id] = (kept, body)
        return kept

    def __contains__(self, ident: object) -> bool:
        return ident in self._kept
