"""A cursor comes back from strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.cursor import Cursor, format_vector, parse_vector
from realtime.errors import BadCursor


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,32}\Z"), st.integers(0, 2**63 - 1))
def test_a_cursor_reads_what_it_wrote(epoch: str, offset: int) -> None:
    cursor = Cursor(epoch, offset)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "", "-1", "9e99", "e1", "e1.", ".1", "e1.-1", "e1.1.2", "e1.01", "e1.1e3", "e 1.1", "é.1",
        "e1.9223372036854775808", "e1.99999999999999999999", "e1.1\n", "e1.٣", "x" * 1_000_000,
        "e1." + "9" * 1_000_000, None, 7, ["e1.1"], "\x00.1",
    ],
)  # fmt: skip
def test_anything_else_is_a_bad_cursor(text: object) -> None:
    with pytest.raises(BadCursor):
        Cursor.parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except BadCursor:
        return

    assert str(cursor) == text


def test_a_vector_has_a_cursor_for_each_channel() -> None:
    cursors = [Cursor("e1", 3), Cursor("e1", 0)]

    text = format_vector(cursors)

    assert text == "e1.3,e1.0"
    assert parse_vector(text, 2) == cursors


@pytest.mark.parametrize("text", ["e1.1", "e1.1,e1.2,e1.3", ",", "e1.1,", "," * 100_000])
def test_a_vector_of_another_length_is_bad(text: str) -> None:
    with pytest.raises(BadCursor):
        parse_vector(text, 2)


def test_a_vector_with_an_unknown_place_is_not_written() -> None:
    assert format_vector([Cursor("e1", 1), None]) == ""
