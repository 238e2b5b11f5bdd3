from typing import Any

from service.client.happenings import (
    Asked,
    Cut,
    Ended,
    Happening,
    Logged,
    Printed,
    Progressed,
    StateChanged,
)
from service.client.story import Frame, Story, Text
from tests.service.commands.speaker import job


def tell(story: Story, name: str, data: Any = None) -> list[Happening]:
    return list(story.tell(Frame(name, data)))


def piece(text: str, position: int, attempt: int = 1) -> dict[str, Any]:
    return {"data": {"attempt": attempt, "position": position, "text": text}}


def ending(state: str, seq: int) -> dict[str, Any]:
    return {"seq": seq, "attempt": 1, "data": {"state": state}}


def test_a_state_is_told_once_however_often_it_is_heard() -> None:
    story = Story()
    first = tell(story, "snapshot", {"state": {"job": job(version=2)}})

    again = tell(story, "job.started", {"seq": 2, "attempt": 1, "data": {"state": "running"}})

    assert first == [StateChanged("running", 1)]
    assert again == []


def test_a_stop_that_is_asked_for_is_told_before_it_is_done() -> None:
    asked = job(version=3, cancel_requested_at="2026-09-04T10:00:02Z")

    assert tell(Story(), "snapshot", {"state": {"job": asked}}) == [
        StateChanged("running", 1, stopping=True)
    ]


def test_lines_are_told_by_their_number_whoever_repeats_them() -> None:
    story = Story()
    line = {"message": "one", "line": 1, "attempt": 1, "n": 5}
    first = tell(story, "job.log", {"attempt": 1, "data": line})

    again = tell(story, "snapshot", {"ephemeral": {"logs": [line, {**line, "line": 2}]}})

    assert first == [Logged("one", 1, 1, None, {"n": 5})]
    assert again == [Logged("one", 1, 2, None, {"n": 5})]


def test_lines_that_are_skipped_are_asked_for_and_told_first() -> None:
    story = Story()
    lines = [{"message": str(n), "line": n, "attempt": 1} for n in range(1, 70)]
    shown = Frame("snapshot", {"ephemeral": {"logs": lines[10:60]}})
    later = Frame("job.log", {"attempt": 1, "data": lines[68]})

    lacked = [story.lacks_lines(shown)]  # who has just come is shown the last ones only
    told = tell(story, "snapshot", shown.data)
    lacked.append(story.lacks_lines(later))
    told += [*story.fill_lines(lines), *story.tell(later)]

    assert lacked == [False, True]
    assert [one.line for one in told if isinstance(one, Logged)] == list(range(11, 70))


def test_what_comes_too_early_is_told_in_its_place_or_at_the_latest_before_the_end() -> None:
    story = Story()
    tell(story, "job.output", piece("a", 1))
    early = [
        *tell(
            story, "job.output", piece("d", 4)
        ),  # the memory was emptied, so nothing could be read
        *story.fill_text(Text(b"", 1, 0)),
    ]
    once_it_is_known = list(story.fill_text(Text(b"abc", 1, 3)))
    lost = tell(story, "job.output", piece("z", 26))

    assert early == lost == []
    assert once_it_is_known == [Printed("bc"), Printed("d")]
    assert tell(story, "job.succeeded", ending("succeeded", 5))[1] == Printed("z")


def test_a_line_may_have_fields_of_any_name() -> None:
    line = {
        "message": "parsed",
        "attempt": 1,
        "line": 1,
        "lines": 5,
        "data": None,
        "state": "failed",
    }

    told = [
        *tell(Story(), "job.log", {"attempt": 1, "data": line}),
        *tell(Story(), "snapshot", {"ephemeral": {"logs": [line]}}),
    ]

    assert told == [Logged("parsed", 1, 1, None, {"lines": 5, "data": None, "state": "failed"})] * 2


def test_positions_count_bytes_not_characters() -> None:
    story = Story()

    first = tell(story, "job.output", piece("äö", 4))
    second = tell(story, "job.output", piece("äöü", 6))

    assert first == [Printed("äö", afresh=True)]
    assert second == [Printed("ü")]


def test_a_piece_that_was_missed_is_asked_for() -> None:
    story = Story()
    tell(story, "job.output", piece("ab", 2))
    late = Frame("job.output", piece("ef", 6))

    lacked = story.lacks_text(late)
    found = list(story.fill_text(Text(b"abcdef", 1, 6)))

    assert lacked
    assert found == [Printed("cdef")]
    assert list(story.tell(late)) == []


def test_a_beginning_that_nobody_keeps_any_more_is_passed_over() -> None:
    story = Story()

    assert list(story.fill_text(Text(b"end", 1, 1_000))) == [Printed("end", afresh=True)]
    assert tell(story, "job.output", piece("!", 1_001)) == [Printed("!")]


def test_output_that_may_be_missing_is_read_before_the_end_is_told() -> None:
    for trouble in (Frame("cut"), Frame("status", {"degraded": True})):
        story = Story()
        list(story.tell(trouble))

        assert story.lacks_text(Frame("job.succeeded", ending("succeeded", 5)))
        assert not story.lacks_text(Frame("job.retrying", ending("retrying", 4)))

        list(story.fill_text(Text(b"", 1, 0)))
        assert not story.lacks_text(Frame("job.succeeded", ending("succeeded", 5)))


def test_one_cut_is_told_however_many_tries_it_takes() -> None:
    story = Story()

    told = [*tell(story, "cut"), *tell(story, "cut"), *tell(story, "welcome"), *tell(story, "cut")]

    assert told == [Cut(), Cut()]


def test_a_gap_makes_the_snapshot_count_though_its_version_is_smaller() -> None:
    story = Story()
    tell(story, "snapshot", {"state": {"job": job(version=9)}})

    tell(story, "gap", {"reason": "epoch"})

    assert tell(story, "snapshot", {"state": {"job": job(version=2)}}) == [
        StateChanged("running", 1)
    ]


def test_an_ending_brings_the_job_where_a_snapshot_told_it() -> None:
    done = job("succeeded", 5, result=7)

    whole = tell(Story(), "snapshot", {"state": {"job": done}})[-1]
    bare = tell(Story(), "job.succeeded", ending("succeeded", 5))[-1]

    assert isinstance(whole, Ended)
    assert whole.job is not None
    assert whole.job.result == 7
    assert bare == Ended("succeeded", None)


def test_a_request_for_input_is_told_once() -> None:
    asking = {"state": "running", "awaiting": {"number": 1, "prompt": "May I?"}}
    story = Story()

    first = tell(story, "job.input_requested", {"seq": 3, "attempt": 1, "data": asking})
    again = tell(story, "snapshot", {"state": {"job": job(version=4, awaiting=asking["awaiting"])}})

    assert first[-1] == Asked(1, "May I?")
    assert not any(isinstance(one, Asked) for one in again)


def test_progress_is_told_live_and_remembered() -> None:
    live = tell(Story(), "job.progress", {"data": {"fraction": 0.5, "message": "half"}})
    kept = tell(
        Story(), "snapshot", {"ephemeral": {"progress": {"fraction": 0.5, "message": "half"}}}
    )

    assert live == kept == [Progressed(0.5, "half")]
