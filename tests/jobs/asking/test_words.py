"""Texts of an answer are kept without what no database holds, within a length."""

import pytest
from pydantic import TypeAdapter, ValidationError

from jobs.asking.words import Name, Notes, Title

NAME, TITLE, NOTES = (TypeAdapter(one) for one in (Name, Title, Notes))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  a  b\n c\t", "a b c"), ("a\x00b\ud800", "ab"), ("x" * 200, "x" * 200)],
    ids=["lines", "unstorable", "longest"],
)
def test_a_name_is_one_line(given: str, kept: str) -> None:
    assert NAME.validate_python(given) == kept


def test_notes_keep_their_lines() -> None:
    assert NOTES.validate_python(" a\n\tb\x07 ") == "a\n\tb"


@pytest.mark.parametrize("wrong", ["", " \n", "\x00", 5, None], ids=range(5))
def test_a_title_says_something(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TITLE.validate_python(wrong)
