"""The judge is judged: each thing that must not be is found in what a client was told."""

from typing import Any

import pytest

from tests.faults.realtime.crowd import Client, User
from tests.faults.realtime.judge import Job, Record, judged
from tests.faults.realtime.listeners import SocketListener
from tests.faults.realtime.sight import Sight

ME = ("org", "ann")


def event(offset: int, job: str = "a", seq: int = 1, kind: str = "queued", **more: Any) -> Any:
    told = {
        "type": f"job.{kind}",
        "subject": f"job:{job}",
        "offset": offset,
        "epoch": "e",
        "seq": seq,
    }
    return {**told, "data": {"state": kind}, **more}


def snapshot(offset: int, *jobs: tuple[str, int, str], truncated: bool = False) -> Any:
    shown = [{"id": ident, "version": version, "state": state} for ident, version, state in jobs]
    return {"epoch": "e", "offset": offset, "state": {"jobs": shown, "truncated": truncated}}


def sorts(sight: Sight) -> set[str]:
    return {words.partition(":")[0] for words in sight.trouble}


@pytest.fixture
def sight() -> Sight:
    found = Sight("me")
    found.begins_at("e", 0)
    return found


def test_what_comes_in_order_is_fine(sight: Sight) -> None:
    sight.told(event(1))
    sight.told(event(2, seq=2, kind="succeeded"))
    sight.told(event(5, "b", seq=3))
    sight.shown(snapshot(6, ("a", 2, "succeeded"), ("b", 4, "queued")))

    assert sight.trouble == []
    assert sight.counts["jumps"] == 1


@pytest.mark.parametrize(
    ("second", "sort"),
    [
        (event(2, seq=2), "double"),
        (event(1, "b"), "order"),
        (event(3, seq=2), "double"),
        (event(3, seq=1), "order"),
        (event(3, seq=3, epoch="f"), "gap"),
    ],
)
def test_an_event_told_again_or_out_of_order_is_found(sight: Sight, second: Any, sort: str) -> None:
    sight.told(event(2, seq=2))

    sight.told(second)

    assert sort in sorts(sight)


def test_a_second_ending_is_found(sight: Sight) -> None:
    sight.told(event(1, kind="succeeded"))
    sight.told(event(2, seq=2, kind="failed"))

    assert "ending" in sorts(sight)


def test_an_event_between_a_gap_and_its_snapshot_is_found(sight: Sight) -> None:
    sight.gap("epoch")
    sight.told(event(1))

    assert sorts(sight) == {"gap"}


def test_a_snapshot_that_goes_back_or_forgets_is_found(sight: Sight) -> None:
    sight.told(event(3, seq=3))
    sight.shown(snapshot(2, ("a", 2, "queued")))
    sight.shown(snapshot(4))

    assert sorts(sight) == {"back", "gap"}


def test_anything_after_the_end_is_found(sight: Sight) -> None:
    sight.done("done")
    sight.told(event(1))

    assert sorts(sight) == {"ending"}


def record(*jobs: Job, top: int) -> Record:
    return Record(
        {job.id: job for job in jobs},
        {ME: top},
        of_user={ME: list(jobs)},
        of_org={"org": list(jobs)},
    )


def broken(sight: Sight, found: Record, *, stays: bool) -> set[str]:
    user = User("ann", "org", "a secret of these tests alone, 32 bytes")
    client = Client(user, SocketListener(user.token, [sight]), stays=stays)
    return set(judged(found, [client]).broken)


A = Job("a", "org", "ann", "succeeded", 2, 2)
B = Job("b", "org", "ann", "queued", 1, 3)


def test_who_saw_all_is_right(sight: Sight) -> None:
    sight.told(event(2, seq=2, kind="succeeded"))
    sight.told(event(3, "b"))

    assert broken(sight, record(A, B, top=3), stays=True) == set()


def test_a_missed_ending_is_found_though_later_news_came(sight: Sight) -> None:
    sight.told(event(1))
    sight.told(event(3, "b"))

    assert broken(sight, record(A, B, top=3), stays=True) == {"ending"}


def test_a_missed_change_is_found_in_who_left_before_the_end(sight: Sight) -> None:
    sight.told(event(3, "b"))

    assert broken(sight, record(A, B, top=9), stays=False) == {"ending"}


def test_who_stayed_and_stopped_short_is_found(sight: Sight) -> None:
    sight.told(event(2, seq=2, kind="succeeded"))

    assert broken(sight, record(A, B, top=3), stays=True) == {"place"}


def test_who_left_in_time_owes_nothing(sight: Sight) -> None:
    sight.told(event(2, seq=2, kind="succeeded"))

    assert broken(sight, record(A, B, top=3), stays=False) == set()


def test_a_job_that_ended_unseen_is_found() -> None:
    sight = Sight("job:a")
    sight.shown(
        {"epoch": "e", "offset": 1, "state": {"job": {"id": "a", "version": 1, "state": "queued"}}}
    )

    assert broken(sight, record(A, top=2), stays=True) == {"place", "ending"}


def test_who_was_never_told_anything_is_found() -> None:
    assert broken(Sight("me"), record(A, top=2), stays=True) == {"place"}
