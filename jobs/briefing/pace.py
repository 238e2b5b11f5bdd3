"""How often somebody is briefed who does not look: less and less, until one brief is opened."""

from datetime import date, timedelta

from jobs.kept.briefs import COUNTED, Past

DAILY = timedelta(days=1)
STEPS = ((COUNTED, timedelta(days=7)), (7, timedelta(days=2)))
"""From so many unopened briefs in a row on, there are so many days from one to the next."""


def wanted(day: date, past: Past) -> bool:
    """Return whether a reader with that past is to be briefed on ``day``."""
    return past.last_day is None or day - past.last_day >= gap(past.unopened)


def gap(unopened: int) -> timedelta:
    """Return the days from one brief to the next after so many unopened ones in a row."""
    return next((days for least, days in STEPS if unopened >= least), DAILY)
