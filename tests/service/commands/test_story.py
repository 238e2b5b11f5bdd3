from typing import Any

from service.commands.follow import Frame
from service.commands.story import Cut, Ended, Logged, Printed, StateChanged, Story
from tests.service.commands.speaker import job


def story(text: bytes = b"") -> Story:
    return Story(lambda: text)


def tell(told: Story, name: str, data: Any) -> list[object]:
    return list(told.tell(Frame(name, data)))


def piece(text: str, position: int, attempt: int = 1) -> dict[str, Any]:
    return {"data": {"attempt": attempt, "position": position, "text": text}}


def test_a_state_is_told_once_however_often_it_is_heard() -> None:
    told = story()
    first = tell(told, "snapshot", {"state": {"job": job(version=2)}})

    again = tell(told, "job.started", {"seq": 2, "attempt": 1, "data": {"state": "running"}})

    assert first == [StateChanged("running", 1, "", "")]
    assert again == []


def test_a_log_line_in_a_snapshot_is_not_repeated() -> None:
    told = story()
    tell(told, "job.log", {"data": {"message": "one", "n": 1}})

    again = tell(told, "snapshot", {"state": {"job": job()}, "ephemeral": {"logs": [
        {"n": 1, "message": "one"}, {"n": 2, "message": "one"}
    ]}})  # fmt: skip

    assert again[:-1] == [Logged("one")]


def test_positions_count_bytes_not_characters() -> None:
    told = story()

    first = tell(told, "job.output", piece("äö", 4))
    second = tell(told, "job.output", piece("äöü", 6))

    assert first == [Printed("äö", afresh=True)]
    assert second == [Printed("ü", afresh=False)]


def test_a_piece_that_was_missed_is_fetched() -> None:
    told = story(b"abcdef")
    tell(told, "job.output", piece("ab", 2))

    found = tell(told, "job.output", piece("ef", 6))

    assert found == [Printed("cdef", afresh=False)]


def test_a_piece_that_nobody_has_any_more_is_passed_over() -> None:
    told = story(b"")
    tell(told, "job.output", piece("ab", 2))

    found = tell(told, "job.output", piece("yz", 26))

    assert found == [Printed("yz", afresh=False)]


def test_the_end_brings_what_a_cut_swallowed() -> None:
    told = story(b"abcdef")
    tell(told, "job.output", piece("ab", 2))
    cuts = tell(told, "cut", None) + tell(told, "cut", None)

    found = tell(told, "job.failed", {"seq": 9, "attempt": 1, "data": {"state": "failed"}})

    assert cuts == [Cut()]
    assert found == [
        Printed("cdef", afresh=False), StateChanged("failed", 1, "", ""), Ended("failed")
    ]  # fmt: skip
