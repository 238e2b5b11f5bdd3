"""Where the bytes of uploads lie: a local folder, or a bucket of S3, Google or Azure (STORAGE_URL).

Loaded with the first bytes that move: obstore takes 4 MB, and most processes move none.
"""

from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from jobs.errors import NotFound, Unavailable
from jobs.settings import JobsSettings

BUFFER = 5 * 1024 * 1024  # the least a bucket takes as one part


class Bucket:
    """Bytes by their path. Raises Unavailable when they cannot be reached."""

    def __init__(self, settings: JobsSettings) -> None:
        with stored():
            self._store = open_store(settings)

    async def write(self, path: str, chunks: AsyncIterable[bytes]) -> None:
        """Push, not pull: a body that never ends then belongs to nobody but its reader."""
        writer = obstore.open_writer_async(self._store, path, buffer_size=BUFFER)
        async for chunk in chunks:
            with stored():
                await writer.write(chunk)
        with stored():
            await writer.close()

    async def read(self, path: str) -> bytes:
        """Return the bytes. Raises NotFound when they were removed."""
        with stored():
            answer = await obstore.get_async(self._store, path)
            return bytes(await answer.bytes_async())

    async def delete(self, path: str) -> None:
        """Remove the bytes; harmless when they are gone."""
        with stored(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, path)

    async def older_than(self, oldest: datetime) -> list[str]:
        """Return the paths of all that was last written before ``oldest``."""
        return [
            meta["path"]
            async for page in obstore.list(self._store, chunk_size=1_000)
            for meta in page
            if meta["last_modified"] < oldest
        ]


def open_store(settings: JobsSettings) -> ObjectStore:
    """Return what STORAGE_URL names; a bucket's credentials come from the usual AWS variables."""
    if settings.storage_path is not None:
        return LocalStore(settings.storage_path.absolute(), mkdir=True)
    return from_url(settings.storage_url)


@contextmanager
def stored() -> Iterator[None]:
    """Translate what a disk or a bucket stumbles over."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("The upload is gone.") from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise Unavailable("Uploads cannot be reached right now.") from error
