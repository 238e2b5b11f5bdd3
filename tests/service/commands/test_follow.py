import pytest

from service.commands.follow import Follower
from service.remote import RefusedError, Remote, UnreachableError
from tests.service.commands.speaker import ID, LineCutError, Speaker, job, snapshot, sse


def test_a_planned_goodbye_is_waited_out(speaker: Speaker) -> None:
    speaker.streams += [[sse("bye", {"retry_ms": 4000})], [snapshot(job())]]
    waits: list[float] = []

    with Remote(speaker.url, None) as remote:
        told = iter(Follower(remote, ID, pause=waits.append))
        names = [next(told).name for _ in range(3)]

    assert names == ["bye", "cut", "snapshot"]
    assert waits == [4.0]


def test_waits_grow_while_the_server_is_away_and_stay_bounded(speaker: Speaker) -> None:
    speaker.streams += [[snapshot(job()), LineCutError], *[[503]] * 12, [snapshot(job())]]
    waits: list[float] = []

    with Remote(speaker.url, None) as remote:
        told = iter(Follower(remote, ID, pause=waits.append))
        names = [next(told).name for _ in range(15)]

    assert names == ["snapshot", *["cut"] * 13, "snapshot"]
    assert len(waits) == 13
    assert all(wait <= 10.0 for wait in waits)
    assert waits[0] <= 1.0


def test_patience_ends(speaker: Speaker) -> None:
    speaker.streams += [[503]]

    with Remote(speaker.url, None) as remote, pytest.raises(RefusedError, match="not now"):
        list(Follower(remote, ID, known=True, patience=0))


def test_a_refusal_is_not_retried(speaker: Speaker) -> None:
    speaker.streams += [[snapshot(job()), LineCutError], [401]]

    with Remote(speaker.url, None) as remote, pytest.raises(RefusedError) as refusal:
        list(Follower(remote, ID, pause=lambda _: None))

    assert refusal.value.status == 401


def test_a_server_that_was_never_there_is_an_error_at_once() -> None:
    with Remote("http://127.0.0.1:9", None) as remote, pytest.raises(UnreachableError) as error:
        list(Follower(remote, ID))

    assert "Cannot reach http://127.0.0.1:9" in str(error.value)
