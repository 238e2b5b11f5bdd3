"""The bytes of a file, read piece by piece, from the beginning for each try."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from service.client.request import CHUNK_BYTES


def contents(source: Path | bytes | BinaryIO) -> Callable[[], AsyncIterator[bytes]]:
    """Return what reads ``source``; an open file from where it stands now."""
    if isinstance(source, bytes):
        return lambda: pieces(source)
    if isinstance(source, Path):
        return lambda: opened(source)
    start = source.tell() if source.seekable() else 0
    return lambda: rewound(source, start)


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """Yield ``data``."""
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]


async def opened(file_path: Path) -> AsyncIterator[bytes]:
    """Yield what is in a file."""
    with file_path.open("rb") as file:
        while chunk := await to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def rewound(file: BinaryIO, start: int) -> AsyncIterator[bytes]:
    """Yield what is in an open file from ``start`` on."""
    if file.seekable():
        file.seek(start)
    while chunk := await to_thread(file.read, CHUNK_BYTES):
        yield chunk
