"""Counting in plain numbers: quick, bounded, and as JSON."""

from collections.abc import Iterator

import pytest

from realtime.instruments import INSTRUMENTS, Count, Histogram, all_figures

BOUNDS = (0.1, 1.0, 10.0)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Forget what a test's own instruments were."""
    before = dict(INSTRUMENTS)
    yield
    INSTRUMENTS.clear()
    INSTRUMENTS.update(before)


def test_a_value_on_a_bound_lies_within_it() -> None:
    one = Histogram("one_seconds", "One.", bounds=BOUNDS)

    for value in (0.1, 0.10001, 1.0, 10.0, 11.0):
        one.observe(value)

    assert one.of().counts == [1, 2, 1, 1]


def test_many_values_at_once_are_counted_as_one_by_one() -> None:
    at_once, singly = (
        Histogram("a_seconds", "A.", bounds=BOUNDS),
        Histogram("b_seconds", "B.", bounds=BOUNDS),
    )
    values = [number % 13 / 10 for number in range(1_000)] + [0.1, 1.0, 10.0, 99.0]

    at_once.observe_all(list(values))
    for value in values:
        singly.observe(value)

    assert at_once.of().counts == singly.of().counts
    assert at_once.of().total == pytest.approx(singly.of().total)


def test_past_the_bound_all_labels_are_other() -> None:
    count = Count("things_total", "Things.", "what", "how", most=2)

    for number in range(5):
        count.add(str(number), "well")

    assert count.figures() == [["0", "well", 1], ["1", "well", 1], ["other", "other", 3]]


def test_figures_are_short_and_leave_out_what_was_never_counted() -> None:
    spread = Histogram("spread_seconds", "Spread.", "kind", bounds=BOUNDS)
    Count("never_total", "Never.", "what")
    spread.of("echo").observe(0.5, 3)

    told = all_figures()

    assert told["spread_seconds"] == [["echo", 1.5, 0, 3]]
    assert "never_total" not in told
