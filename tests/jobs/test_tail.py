"""The tail of what an attempt says: sent once, sent again, or too old to be sent."""

from jobs.tail import Tail
from realtime.ephemeral import Kept


def said(text: bytes, bound: int = 100) -> Tail[bytearray]:
    tail = Tail(bytearray(), bound)
    tail.add(bytearray(text))
    return tail


def test_what_arrived_is_not_sent_again() -> None:
    tail = said(b"abc")

    assert tail.settled(Kept("kept", 1, 3), tail.end)
    tail.add(bytearray(b"de"))

    assert tail.part(tail.sent, tail.end) == b"de"


def test_what_was_said_while_it_was_sent_is_still_to_be_sent() -> None:
    tail, end = said(b"abc"), 3
    tail.add(bytearray(b"de"))

    tail.settled(Kept("kept", 1, 3), end)

    assert tail.part(tail.sent, tail.end) == b"de"


def test_what_did_not_arrive_is_sent_again() -> None:
    tail = said(b"abc")

    assert tail.settled(Kept("unreached"), tail.end)

    assert tail.unsent == 3


def test_what_may_have_arrived_is_sent_by_itself_before_what_was_said_since() -> None:
    tail = said(b"abc")
    tail.settled(Kept("unreached"), tail.next)
    tail.add(bytearray(b"de"))

    again = tail.next
    more = not tail.settled(Kept("known", 0, 3), again)

    assert (again, more) == (3, True)
    assert (tail.sent, tail.next) == (3, 5)


def test_a_hole_is_filled_from_what_is_held_but_shown_once() -> None:
    tail = said(b"abc")
    tail.settled(Kept("kept", 1, 3), 3)
    tail.add(bytearray(b"de"))

    again = not tail.settled(Kept("hole", 0, 1), 5)

    assert again
    assert tail.part(tail.sent, tail.end) == b"bcde"
    assert tail.part(max(tail.told, tail.sent), tail.end) == b"de"


def test_a_hole_that_is_too_old_begins_with_the_oldest_held() -> None:
    tail = said(b"abcdefgh", bound=5)

    tail.settled(Kept("hole", 0, 0), tail.end)

    assert (tail.start, tail.sent, tail.end) == (3, 3, 8)
    assert tail.part(tail.sent, tail.end) == b"defgh"


def test_the_oldest_makes_room_sent_or_not() -> None:
    tail = said(b"abc", bound=4)
    tail.add(bytearray(b"defg"))

    assert (tail.start, tail.unsent) == (3, 4)
    assert tail.part(tail.sent, tail.end) == b"defg"
