from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.place import Place
from realtime.errors import BadCursor

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS, st.uuids())
def test_a_place_comes_back_as_it_was(at: datetime, ident: UUID) -> None:
    assert Place.parse(str(Place(at, ident))) == Place(at, ident)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        place = Place.parse(text)
    except BadCursor:
        return
    assert place.at.tzinfo is UTC


@pytest.mark.parametrize("text", ["", "x", "AAAA", "A" * 31, "_" * 32, "A" * 33, "é" * 32])
def test_cursors_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        Place.parse(text)
