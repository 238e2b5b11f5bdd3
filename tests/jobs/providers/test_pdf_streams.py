"""How far a PDF's streams are unpacked, whole and damaged."""

import zlib

import pytest

from jobs.errors import Discard
from jobs.providers.pdf_streams import MAX_STREAM, salvage, unpack


def test_a_stream_within_the_bound_is_unpacked() -> None:
    data = b"x" * 100_000

    assert unpack(zlib.compress(data)) == data
    assert unpack(zlib.compress(b"")) == b""


def test_a_stream_past_the_bound_is_refused() -> None:
    packed = zlib.compress(bytes(MAX_STREAM + 1))

    for way in (unpack, salvage):
        with pytest.raises(Discard) as caught:
            way(packed)
        assert caught.value.code == "too_large"


def test_of_a_damaged_stream_the_good_part_is_kept() -> None:
    data = bytes(range(256)) * 400
    packed = zlib.compress(data, 0)
    cut, wrong_sum = packed[: len(packed) // 2], packed[:-4] + b"\0\0\0\0"

    for damaged in (cut, wrong_sum):
        with pytest.raises(zlib.error):
            unpack(damaged)
    assert data.startswith(salvage(cut))
    assert len(salvage(cut)) > len(data) // 3
    assert data.startswith(salvage(wrong_sum))
    assert len(salvage(wrong_sum)) > len(data) // 3
    assert salvage(b"no zlib at all") == b""
