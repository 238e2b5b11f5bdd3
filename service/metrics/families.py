"""A metric: its name, what it means, and a value for each set of labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sample:
    """One value. ``suffix`` is what a histogram's parts have behind its name."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """All values of one metric. The name of a counter ends in ``_total``, its value never falls."""

    name: str
    type: Literal["gauge", "counter", "histogram"]
    text: str
    samples: Sequence[Sample]


def gauge(name: str, text: str, value: float | Iterable[Sample]) -> Family:
    """Return a metric that rises and falls."""
    return Family(name, "gauge", text, samples_of(value))


def counter(name: str, text: str, value: float | Iterable[Sample]) -> Family:
    """Return a metric that only rises, until its process ends."""
    return Family(name, "counter", text, samples_of(value))


def samples_of(value: float | Iterable[Sample]) -> Sequence[Sample]:
    """Return one value without labels, or those given."""
    return (Sample(value),) if isinstance(value, int | float) else tuple(value)
