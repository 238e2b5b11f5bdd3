"""Between which days a plan lies: what was asked for, else the project's own days, from today on."""

from dataclasses import dataclass
from datetime import date, timedelta

from jobs.errors import Discard
from jobs.kept.projects import ProjectRow

OPEN_END = timedelta(days=364)
"""How far a plan may reach when nobody said when the project is due."""


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last day of a plan; ``given`` says that somebody named the last."""

    first: date
    last: date
    given: bool

    @property
    def days(self) -> int:
        """Return how many days there are, both ends included."""
        return (self.last - self.first).days + 1


def span_of(
    project: ProjectRow, today: date, first: date | None = None, last: date | None = None
) -> Span:
    """Return the days to plan. Raises Discard (``bad_dates``) when there are none.

    A project that has begun is planned from today on: what is past can't be planned.
    """
    begins = first or max(project.starts_on or today, today)
    ends = last or project.due_on
    if ends is not None and ends < begins:
        why = f"There is no day to plan: {ends} is before {begins}. Give a later due_on."
        raise Discard(why, code="bad_dates")
    open_end = min(begins, date.max - OPEN_END) + OPEN_END
    return Span(begins, ends or open_end, given=ends is not None)
