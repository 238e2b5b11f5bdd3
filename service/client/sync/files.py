# Written by `python -m service.twin` from service/client/aio/files.py; do not edit.
"""The bytes of a file, read piece by piece, from the beginning for each try."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from service.client.request import CHUNK_BYTES


def contents(source: Path | bytes | BinaryIO) -> Callable[[], Iterator[bytes]]:
    """Return what reads ``source``; an open file from where it stands now."""
    if isinstance(source, bytes):
        return lambda: pieces(source)
    if isinstance(source, Path):
        return lambda: opened(source)
    start = source.tell() if source.seekable() else 0
    return lambda: rewound(source, start)


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield ``data``."""
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]


def opened(file_path: Path) -> Iterator[bytes]:
    """Yield what is in a file."""
    with file_path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def rewound(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Yield what is in an open file from ``start`` on."""
    if file.seekable():
        file.seek(start)
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
