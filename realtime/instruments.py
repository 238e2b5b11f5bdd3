"""Counters and histograms of this process in plain numbers, before anybody reads them.

An instrument registers itself when its module is loaded, as a logger does: one process, one set of
figures. Labels are bounded, so that nothing a caller sends can grow a process or a Prometheus.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

INSTRUMENTS: dict[str, "Instrument"] = {}
MOST_SERIES = 500
OTHER = "other"
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SLOW = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)

Labels = tuple[str, ...]


class Instrument:
    """A name, what it means, and the names of its labels. Past ``most`` sets of labels all are "other"."""

    def __init__(self, name: str, text: str, *labels: str, most: int = MOST_SERIES) -> None:
        self.name = name
        self.text = text
        self.labels = labels
        self._most = most
        INSTRUMENTS[name] = self

    def figures(self) -> list[list[Any]]:
        """Return a line for each set of labels: first the labels, then the numbers. Fits JSON."""
        raise NotImplementedError

    def _bounded(self, values: Labels, known: Mapping[Labels, object]) -> Labels:
        """Return the labels, or those of what there is no room for."""
        full = values not in known and len(known) >= self._most
        return (OTHER,) * len(self.labels) if full else values


class Count(Instrument):
    """Something that happened so many times; only rises.

    ``known`` values of the only label are told as 0 before they happen, or Prometheus would see no rise.
    """

    def __init__(
        self,
        name: str,
        text: str,
        *labels: str,
        most: int = MOST_SERIES,
        known: Sequence[str] = (),
    ) -> None:
        super().__init__(name, text, *labels, most=most)
        self._values: dict[Labels, float] = {(value,): 0.0 for value in known}
        if not labels:
            self._values[()] = 0.0

    def add(self, *values: str, by: float = 1) -> None:
        """Count ``by`` more of those labels."""
        values = self._bounded(values, self._values)
        self._values[values] = self._values.get(values, 0.0) + by

    def value(self, *values: str) -> float:
        """Return how many there were of those labels."""
        return self._values.get(values, 0.0)

    def figures(self) -> list[list[Any]]:
        """Return the labels and the count, for each set of labels."""
        return [[*labels, value] for labels, value in self._values.items()]


class Series:
    """One histogram: how many values lie up to each bound, and how many beyond the last."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Count a value, ``times`` over."""
        self.counts[bisect_left(self._bounds, value)] += times
        self.total += value * times

    def observe_all(self, values: list[float]) -> None:
        """Count many values; ``values`` is sorted in place, so that each bound is looked up once."""
        values.sort()
        before = 0
        for place, bound in enumerate(self._bounds):
            upto = bisect_right(values, bound, before)
            self.counts[place] += upto - before
            before = upto
        self.counts[-1] += len(values) - before
        self.total += sum(values)


class Histogram(Instrument):
    """How values spread over fixed bounds, in seconds."""

    def __init__(
        self,
        name: str,
        text: str,
        *labels: str,
        bounds: Sequence[float] = QUICK,
        most: int = MOST_SERIES,
    ) -> None:
        super().__init__(name, text, *labels, most=most)
        self.bounds = bounds
        self._series: dict[Labels, Series] = {} if labels else {(): Series(bounds)}

    def of(self, *values: str) -> Series:
        """Return the series with those labels."""
        found = self._series.get(values)
        if found is None:
            values = self._bounded(values, self._series)
            found = self._series.setdefault(values, Series(self.bounds))
        return found

    def observe(self, seconds: float, times: int = 1) -> None:
        """Count a value of the only series. For a histogram without labels."""
        self._series[()].observe(seconds, times)

    def observe_all(self, values: list[float]) -> None:
        """Count many values of the only series. For a histogram without labels."""
        self._series[()].observe_all(values)

    def figures(self) -> list[list[Any]]:
        """Return the labels, the sum and the counts up to the last that is not 0, for each series."""
        return [
            [*labels, round(series.total, 6), *without_end(series.counts)]
            for labels, series in self._series.items()
        ]


def without_end(counts: Sequence[int]) -> Sequence[int]:
    """Return counts without the zeros at their end."""
    last = max((place for place, count in enumerate(counts) if count), default=-1)
    return counts[: last + 1]


def all_figures() -> dict[str, list[list[Any]]]:
    """Return what every instrument of this process has to tell, by its name. Fits JSON."""
    found = {name: instrument.figures() for name, instrument in INSTRUMENTS.items()}
    return {name: lines for name, lines in found.items() if lines}
