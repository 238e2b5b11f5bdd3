from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.retry import LONGEST, exponential, fixed, steps

SECOND = timedelta(seconds=1)


@given(failures=st.integers(0, 10**6), jitter=st.floats(0, 1), base=st.floats(0, 10**5))
def test_an_exponential_wait_is_never_negative_and_never_past_its_cap(
    failures: int, jitter: float, base: float
) -> None:
    wait = exponential(timedelta(seconds=base), timedelta(minutes=15), jitter)(failures)

    assert timedelta(0) <= wait <= timedelta(minutes=15)


def test_an_exponential_wait_doubles() -> None:
    wait = exponential(2 * SECOND, timedelta(hours=1), jitter=0)

    assert [wait(n) for n in (1, 2, 3, 4)] == [2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND]


def test_steps_follow_the_list_and_the_last_one_repeats() -> None:
    wait = steps(SECOND, 5 * SECOND, jitter=0)

    assert [wait(n) for n in (1, 2, 3, 99)] == [SECOND, 5 * SECOND, 5 * SECOND, 5 * SECOND]


def test_a_fixed_wait_stays_within_its_jitter() -> None:
    waits = [fixed(10 * SECOND, jitter=0.1)(n) for n in range(1, 50)]

    assert all(9 * SECOND <= wait <= 11 * SECOND for wait in waits)
    assert len(set(waits)) > 1


def test_no_wait_is_longer_than_a_day() -> None:
    assert fixed(timedelta(days=30))(1) == LONGEST


def test_steps_need_a_step() -> None:
    with pytest.raises(ValueError, match="at least one"):
        steps()
