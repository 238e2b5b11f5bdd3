"""A stream's place and patience, without a network."""

import pytest

from service.client import RefusedError, UnreachableError, patience
from service.client.parser import Heard
from service.client.patience import Deadline
from service.client.place import Place, Way
from service.client.story import Frame

AWAY = UnreachableError("gone", sent=False)


def heard(place: Place, name: str, data: str = "{}", cursor: str = "") -> list[Frame]:
    place.opened(ended=False)
    return list(place.heard(Heard(name, data, cursor)))


def test_it_remembers_where_it_is_whatever_is_told_between() -> None:
    place = Place(Way())

    frames = [*heard(place, "snapshot", '{"a": 1}', "e.4"), *heard(place, "job.log")]

    assert frames == [Frame("snapshot", {"a": 1}, "e.4"), Frame("job.log", {}, "e.4")]
    assert place.cursor == "e.4"


def test_a_planned_goodbye_is_waited_out_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT_SECONDS", 0.0)
    place = Place(Way())

    heard(place, "bye", '{"retry_ms": 4000}')

    assert (place.wait(), place.wait()) == (4.0, 0.0)


def test_waits_grow_while_the_server_is_away_and_stay_bounded() -> None:
    place = Place(Way(), known=True)
    waits = []
    for _ in range(12):
        place.bear(RefusedError(503, {}))
        waits.append(place.wait())

    assert all(0 <= wait <= 20 for wait in waits)
    assert waits[0] <= 1


def test_patience_ends() -> None:
    with pytest.raises(UnreachableError):
        Place(Way(), known=True, patience=0).bear(AWAY)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_final(status: int) -> None:
    place = Place(Way(), known=True)
    place.opened(ended=False)

    with pytest.raises(RefusedError):
        place.bear(RefusedError(status, {}))


def test_a_server_that_was_never_there_is_an_error_at_once() -> None:
    with pytest.raises(UnreachableError):
        Place(Way()).bear(AWAY)


def test_a_line_that_was_silent_from_the_first_byte_makes_it_poll_a_proven_one_does_not() -> None:
    silent = UnreachableError("nothing came", silent=True)
    held_back, proven = Way(), Way()
    for way in (held_back, proven):
        place = Place(way, known=True)
        place.begun()
        if way is proven:
            heard(place, "welcome")
        place.bear(silent)

    assert (held_back.polls, proven.polls) == (True, False)
    assert held_back.silence_seconds < proven.silence_seconds


def test_near_its_deadline_it_polls_for_as_long_as_there_is() -> None:
    place = Place(Way(), deadline=Deadline(5))
    first = place.query

    frames = list(place.polled({
        "cursor": "c1", "gaps": [{"channel": "me"}], "snapshots": [{"channel": "me"}],
        "events": [{"type": "job.queued"}], "unsubbed": [{"code": "done"}],
    }))  # fmt: skip

    assert place.polls
    assert first == []
    assert [frame.name for frame in frames] == ["gap", "snapshot", "job.queued", "unsubbed"]
    assert place.query[1] == ("cursor", "c1")
    assert 4 < float(place.query[0][1]) <= 5
    assert not place.over
    assert Place(Way(), deadline=Deadline(0)).over
