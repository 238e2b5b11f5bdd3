"""A bound on what a PDF may unpack to: pdfminer itself unpacks a gigabyte that came as a megabyte.

Loaded, like all of pdfminer, only by the child that reads a PDF.
"""

import zlib
from types import SimpleNamespace

from pdfminer import pdftypes

from jobs.errors import Discard

MAX_STREAM = 32 * 1024 * 1024
PIECE = 16 * 1024


def bound_streams() -> None:
    """Let pdfminer unpack by ``unpack``, and damaged streams by ``salvage``."""
    bounded = SimpleNamespace(decompress=unpack, decompressobj=zlib.decompressobj, error=zlib.error)
    vars(pdftypes).update(zlib=bounded, decompress_corrupted=salvage)  # what its module calls


def unpack(data: bytes) -> bytes:
    """Return a stream's bytes. Raises zlib.error for a damaged one, Discard past MAX_STREAM."""
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(data, MAX_STREAM)
    if not unpacker.eof:
        check(len(out))
        raise zlib.error("the stream is damaged or ends too soon")
    return out


def salvage(data: bytes) -> bytes:
    """Return what can be had of a damaged stream. Raises Discard past MAX_STREAM."""
    unpacker, out = zlib.decompressobj(), bytearray()
    try:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            while piece:
                out += unpacker.decompress(piece, MAX_STREAM)
                check(len(out))
                piece = unpacker.unconsumed_tail
    except zlib.error:
        return bytes(out)
    return bytes(out)


def check(size: int) -> None:
    """Refuse what is as large as can be."""
    if size >= MAX_STREAM:
        raise Discard(
            f"The PDF unpacks to more than {MAX_STREAM // 1024**2} MB on a page.", code="too_large"
        )
