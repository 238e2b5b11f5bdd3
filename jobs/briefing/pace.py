"""How often somebody is briefed who does not look: less and less, until one brief is opened."""

from dataclasses import dataclass
from datetime import date, timedelta

DAILY = timedelta(days=1)
STEPS = ((14, timedelta(days=7)), (7, timedelta(days=2)))
"""From so many unopened briefs in a row on, there are so many days from one to the next."""
COUNTED = STEPS[0][0]
"""Counting further changes nothing."""


@dataclass(frozen=True, slots=True)
class Past:
    """A reader's last brief, if there was one, and how many since they last opened any."""

    last_day: date | None
    unopened: int


def wanted(day: date, past: Past) -> bool:
    """Return whether a reader with that past is to be briefed on ``day``."""
    return past.last_day is None or day - past.last_day >= gap(past.unopened)


def gap(unopened: int) -> timedelta:
    """Return the days from one brief to the next after so many unopened ones in a row."""
    return next((days for least, days in STEPS if unopened >= least), DAILY)
