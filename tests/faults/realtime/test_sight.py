"""The judge is judged: each thing that must not be is found in what a client was told."""

import time
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


LATER = time.time() + 3600
ENDED_LATER = Job("a", "org", "ann", "succeeded", 2, 2, stamped_at=LATER)
ENDED_BEFORE = Job("b", "org", "ann", "failed", 2, 3, stamped_at=1)


def test_a_job_of_an_org_that_ended_after_its_reader_came_is_owed() -> None:
    sight = Sight("org:org")
    sight.at("e", 1)
    sight.told(event(3, "b", seq=2, kind="failed"))

    assert broken(sight, record(ENDED_LATER, ENDED_BEFORE, top=3), stays=True) == {"ending"}


def test_a_job_of_an_org_that_ended_before_its_reader_came_is_not_owed() -> None:
    sight = Sight("org:org")
    sight.at("e", 1)
    sight.told(event(2, seq=1))
    sight.told(event(3, seq=2, kind="succeeded"))

    assert broken(sight, record(ENDED_LATER, ENDED_BEFORE, top=3), stays=True) == set()


def test_a_snapshot_of_an_org_owes_every_ending_it_had_room_for() -> None:
    whole, full = Sight("org:org"), Sight("org:org")
    whole.shown(snapshot(3, ("a", 2, "succeeded")))
    full.shown(snapshot(3, ("a", 2, "succeeded"), truncated=True))

    found = record(ENDED_LATER, ENDED_BEFORE, top=3)
    assert broken(whole, found, stays=True) == {"ending"}
    assert broken(full, found, stays=True) == set()


def test_a_snapshot_without_room_forgives_nothing_that_came_after_it() -> None:
    org, me = Sight("org:org"), Sight("me")
    for sight in (org, me):
        sight.shown(snapshot(1, truncated=True))
        sight.told(event(3, "b", seq=2, kind="failed"))

    found = record(ENDED_LATER, ENDED_BEFORE, top=3)
    assert broken(org, found, stays=True) == {"ending"}
    assert broken(me, found, stays=True) == {"ending"}


def test_a_reader_of_an_org_that_stopped_short_of_the_sum_is_found() -> None:
    sight = Sight("org:org")
    sight.shown(snapshot(2, ("a", 2, "succeeded"), ("b", 2, "failed")))

    assert broken(sight, record(ENDED_LATER, ENDED_BEFORE, top=3), stays=True) == {"place"}


@pytest.mark.parametrize(
    ("asked", "code"), [("me", "done"), ("org:org", "done"), ("job:a", "gone")]
)
def test_who_is_let_go_of_what_goes_on_is_found(asked: str, code: str) -> None:
    sight = Sight(asked)
    sight.begins_at("e", 3)
    sight.done(code)

    assert "place" in broken(sight, record(A, B, top=3), stays=True)
