"""The benchmark's browsers count what they are sent, however the network cuts it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.realtime.receivers import Client, Crowd, contiguous, frame

EVENT = b'{"type":"job.started","offset":%d,"epoch":"e1"}'


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def crowd(folder: Path, **plan: Any) -> Crowd:
    shared = folder / "shared"
    shared.write_bytes(bytes(8))
    return Crowd({"wire": "ws", "shared": str(shared), "slot": 0} | plan)


@pytest.mark.parametrize("size", [1, 2, 7, 50, 1000])
def test_an_event_cut_into_pieces_is_counted_once(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket], size: int
) -> None:
    client, sampled = Client(pair[0]), Client(pair[0])
    sampled.offsets = []
    data = b"".join(EVENT % number for number in range(8, 12))
    people = crowd(tmp_path)

    for start in range(0, len(data), size):
        people.take(client, data[start : start + size])
        people.take(sampled, data[start : start + size])

    assert client.count == sampled.count == 4
    assert sampled.offsets == [8, 9, 10, 11]


@pytest.mark.parametrize("size", [1, 3, 64, 70_000])
def test_compressed_frames_are_counted_by_their_lengths(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket], size: int
) -> None:
    client, people = Client(pair[0]), crowd(tmp_path, count="frames")
    lengths = (b"\x05", b"\x7e\x01\x00", b"\x7f" + (65_536).to_bytes(8, "big"), b"\x00")
    bodies = (bytes(5), bytes(256), bytes(65_536), b"")
    ping = b"\x89\x04ping"
    data = b"".join(b"\xc1" + n + body for n, body in zip(lengths, bodies, strict=True)) + ping

    for start in range(0, len(data), size):
        people.take_frames(client, data[start : start + size])

    assert client.count == 4
    assert pair[1].recv(100) == frame(0x8A, b"ping")


def test_a_keep_alive_between_events_is_answered(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    client, people = Client(pair[0]), crowd(tmp_path)

    people.take(client, b"\x81\x2f" + EVENT % 1 + b"\x89\x04\x01\x02\x03\x04")

    assert client.count == 1
    assert pair[1].recv(100) == frame(0x8A, b"\x01\x02\x03\x04")


def test_a_hole_and_a_repetition_show() -> None:
    assert contiguous([4, 5, 6])
    assert not contiguous([4, 6])
    assert not contiguous([4, 4])


def test_a_client_that_is_dropped_is_reported(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    people = crowd(tmp_path)
    ours = socket.socket(fileno=os.dup(pair[0].fileno()))
    people.clients[ours.fileno()] = Client(ours)
    people.poll.register(ours.fileno())

    people.drop(ours.fileno())

    assert people.report()["lost"] == 1
    assert people.report()["connected"] == 0
