"""Days named by their week: "Week 4 (Mon)" is counted from a week that has a date."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from jobs.outline.dates import Written

LABEL = re.compile(r"^\W*(?:week|wk)\.?\s?(\d{1,2})\b", re.IGNORECASE)
NUMBER = re.compile(r"(?:week|wk)?\.?\s?(\d{1,2})", re.IGNORECASE)
BEGIN = re.compile(
    r"\b(?:class(?:es)?|lectures?|instruction|teaching|term|semester)\b.{0,12}\b(?:begins?|starts?)\b"
    r"|\b(?:first (?:day|lecture|class)|start of (?:lectures|classes|term|semester|instruction))\b",
    re.IGNORECASE,
)
LAST_WEEK = 60
WEEK = datetime.timedelta(days=7)

Mondays = Mapping[int, datetime.date]


def week_of(row: Sequence[str], roles: Sequence[str] | None) -> int | None:
    """Return the number of the week that a dated row is about; 1 when it tells that classes begin."""
    text = row[0]
    if roles and "week" in roles[: len(row)]:
        found = NUMBER.fullmatch(row[roles.index("week")].strip())
    else:
        found = LABEL.match(text)
    if found:
        return int(found[1]) if 0 < int(found[1]) < LAST_WEEK else None
    return 1 if BEGIN.search(" ".join(row)) else None


def monday(day: datetime.date) -> datetime.date:
    """Return the Monday of a day's week."""
    return day - datetime.timedelta(days=day.weekday())


def placed(written: Written, mondays: Mondays) -> Written:
    """Return a day of a week as a date like any other. Raises ValueError when no week has a date."""
    if written.week is None:
        return written
    known = max((n for n in mondays if n <= written.week), default=min(mondays, default=None))
    if known is None:
        raise ValueError("no week of this term has a date")
    day = mondays[known] + (written.week - known) * WEEK
    day += datetime.timedelta(days=written.weekday or 0)
    until = placed(written.until, mondays) if written.until else None
    return replace(written, year=day.year, month=day.month, day=day.day, week=None, until=until)
