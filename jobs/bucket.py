"""Where the bytes of uploads lie: a local folder, or a bucket of S3, Google or Azure (STORAGE_URL).

Loaded with the first bytes that move: obstore takes 4 MB, and most processes move none.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from jobs.errors import NotFound, Unavailable
from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from obstore.store import S3Config

BUFFER = 5 * 1024 * 1024  # the least a bucket takes as one part
PART = 256 * 1024  # what is sent on at once
TRIES = 3
UNREACHABLE = "Uploads cannot be reached right now."


class Bucket:
    """Bytes by their path. Raises Unavailable when they cannot be reached."""

    def __init__(self, settings: JobsSettings) -> None:
        with stored():
            self._store = open_store(settings)

    async def write(self, path: str, chunks: AsyncIterable[bytes]) -> None:
        """Push, not pull: a body that never ends then belongs to nobody but its reader.

        A body that breaks off is closed too, for the caller to delete: parts of a bucket's multipart
        upload would otherwise stay there unseen, and obstore knows no other way to be rid of them.
        """
        writer = obstore.open_writer_async(self._store, path, buffer_size=BUFFER)
        try:
            async for chunk in chunks:
                with written():
                    await writer.write(chunk)
        except Unavailable:
            raise
        except BaseException:
            with suppress(Unavailable), written():
                await writer.close()
            raise
        with written():
            await writer.close()

    async def read(self, path: str) -> bytes:
        """Return the bytes. Raises NotFound when they were removed."""
        with stored():
            answer = await obstore.get_async(self._store, path)
            return bytes(await answer.bytes_async())

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes as they come, a part at a time. Raises NotFound when they were removed."""
        with stored():
            answer = await obstore.get_async(self._store, path)
        chunks = aiter(answer.stream(min_chunk_size=PART))
        while True:
            with stored():
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def delete(self, path: str) -> None:
        """Remove the bytes; harmless when they are gone."""
        with stored(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, path)

    async def older_than(self, oldest: datetime) -> list[str]:
        """Return the paths of all that was last written before ``oldest``."""
        with stored():
            return [
                meta["path"]
                async for page in obstore.list(self._store, chunk_size=1_000)
                for meta in page
                if meta["last_modified"] < oldest
            ]


def open_store(settings: JobsSettings) -> ObjectStore:
    """Return what STORAGE_URL or BUCKET_NAME names. A bucket is first asked when bytes move."""
    if settings.storage_path is not None:
        return LocalStore(settings.storage_path.absolute(), mkdir=True)
    longest = timedelta(seconds=settings.storage_timeout_seconds)
    return from_url(
        settings.stored_at,
        config=s3_config(settings) if settings.stored_at.startswith("s3://") else None,
        client_options={
            "timeout": longest,
            "allow_http": settings.aws_endpoint_url_s3.startswith("http://"),
        },
        retry_config={"max_retries": TRIES, "retry_timeout": longest},
    )


def s3_config(settings: JobsSettings) -> "S3Config":
    """Return what is set of an S3 account; the rest obstore finds itself, as AWS's own tools do."""
    given = {
        "endpoint": settings.aws_endpoint_url_s3,  # obstore 0.12 refuses the name in its own types
        "region": settings.aws_region,
        "access_key_id": settings.aws_access_key_id.get_secret_value(),
        "secret_access_key": settings.aws_secret_access_key.get_secret_value(),
        "session_token": settings.aws_session_token.get_secret_value(),
    }
    return cast("S3Config", {name: value for name, value in given.items() if value})


@contextmanager
def written() -> Iterator[None]:
    """Translate likewise; what is not found by who writes is the bucket itself."""
    try:
        with stored():
            yield
    except NotFound as error:
        raise Unavailable(UNREACHABLE) from error


@contextmanager
def stored() -> Iterator[None]:
    """Translate what a disk or a bucket stumbles over."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("The upload is gone.") from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise Unavailable(UNREACHABLE) from error
