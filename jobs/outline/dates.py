"""Dates as people write them in English course outlines: found in a text, then made certain.

Finding (``scan``) knows nothing of the document; which year a bare "Sep 4" is in and whether 4/9 is
in April or September is decided later, from the whole document (``resolve``).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

YearOf = Callable[[int], int]
"""Takes a month and returns the year it lies in."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CENTURY = 2000
MAX_IN_LINE = 20

MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
DAY = r"(\d{1,2})(?:st|nd|rd|th)?(?![\d%/]|:\d|\s?%|\s?[ap]\.?m\b)"
YEAR = r"(?:,?\s{0,3}((?:19|20)\d\d)(?!\d))?"
TO = r"\s{0,3}(?:-|–|—|\bto\b|\buntil\b|\bthrough\b)\s{0,3}"

ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
MONTH_DAY = re.compile(rf"\b{MONTH}\s{{0,3}}{DAY}(?:{TO}{DAY}(?!\s?{MONTH}))?{YEAR}", re.IGNORECASE)
DAY_MONTH = re.compile(
    rf"(?<![\d.:/])(?:(\d{{1,2}})(?:st|nd|rd|th)?{TO})?(\d{{1,2}})(?:st|nd|rd|th)?"
    rf"\s{{0,3}}(?:of\s)?{MONTH}{YEAR}",
    re.IGNORECASE,
)
WEEKDAY = r"(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\b\.?"
WEEK_DAY = re.compile(
    rf"\b(?:week|wk)\.?\s?(\d{{1,2}})\s?[,:]?\s?\(?{WEEKDAY}(?:{TO}{WEEKDAY})?\)?(?!,?\s{{0,3}}(?:{MONTH}|\d))",
    re.IGNORECASE,
)
DAY_OF_WEEK = re.compile(rf"\b{WEEKDAY}\s(?:of|in)\s(?:week|wk)\.?\s?(\d{{1,2}})\b", re.IGNORECASE)
AND_DAY = re.compile(r",?\s(?:and|&)\s(\d{1,2})(?:st|nd|rd|th)?(?=\s*(?:[:,.;)–—-]|$))")
DAY_RANGE = re.compile(
    r"(?<![\d.])(\d{1,2})\.\s?[-–—]\s?(\d{1,2})\.\s?(\d{1,2})\.(?:\s?((?:19|20)\d\d)(?!\d))?"
)
DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?!\s?\d)")
DOTTED_PAIR = re.compile(rf"{DOTTED.pattern}{TO}{DOTTED.pattern}")
NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/])")
SHORT = re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?![\d/%.])")
ONLY_SHORT = re.compile(rf"\W*\d{{1,2}}/\d{{1,2}}(?:{TO}\d{{1,2}}/\d{{1,2}})?\W*$")
SHORT_AFTER = re.compile(r"\b(?:due|by|on|until|before|from|date:?)\s{1,3}$", re.IGNORECASE)
WEEKDAY_BEFORE = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\.?,?\s{0,3}$",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    rf"{TO}(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}}\.?,?\s)?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it stands in a text from ``start`` to ``end``; ``until`` is the end of a range.

    ``slashed`` means the first two numbers may be month and day or day and month.
    """

    start: int
    end: int
    year: int | None
    month: int
    day: int
    slashed: bool = False
    dotted: bool = False
    weekday: int | None = None
    week: int | None = None
    """Only ``weekday`` of this week is known, and no month and day."""
    until: "Written | None" = None


def scan(text: str) -> list[Written]:
    """Return the dates in ``text`` from left to right, ranges joined, never overlapping."""
    found: list[Written] = []
    for finder in (iso, day_range, numeric, month_day, day_month, short, dotted, week_day):
        for written in islice(finder(text), MAX_IN_LINE):
            if all(written.end <= other.start or other.end <= written.start for other in found):
                found.append(written)
    found.sort(key=lambda written: written.start)
    return join_ranges(text, [with_weekday(text, written) for written in found])


def iso(text: str) -> Iterator[Written]:
    """Find 2026-09-04."""
    for m in ISO.finditer(text):
        yield Written(m.start(), m.end(), int(m[1]), int(m[3]), int(m[4]))


def numeric(text: str) -> Iterator[Written]:
    """Find 9/4/2026, 04.09.2026, 4-9-26."""
    for m in NUMERIC.finditer(text):
        year = int(m[4]) + (CENTURY if len(m[4]) == len("26") else 0)
        yield Written(m.start(), m.end(), year, int(m[1]), int(m[3]), True, m[2] == ".")


def month_day(text: str) -> Iterator[Written]:
    """Find September 4, 2026; Sep 4; Sept. 4th–6th."""
    for m in MONTH_DAY.finditer(text):
        if m[1] == "may":  # "you may 2 times" is no date
            continue
        first = Written(m.start(), m.end(), number(m[5]), month_number(m[1]), int(m[2]))
        yield replace(first, until=replace(first, day=int(m[3]))) if m[3] else first
        more = AND_DAY.match(text, m.end()) if not m[3] and not m[5] else None
        if more:
            yield replace(first, start=more.start(), end=more.end(), day=int(more[1]))


def day_month(text: str) -> Iterator[Written]:
    """Find 4 September 2026; 4th of Sept; 4–6 Sep."""
    for m in DAY_MONTH.finditer(text):
        if m[3] == "may":
            continue
        last = Written(m.start(), m.end(), number(m[4]), month_number(m[3]), int(m[2]))
        yield replace(last, day=int(m[1]), until=last) if m[1] else last


def short(text: str) -> Iterator[Written]:
    """Find 9/4, only where it can hardly be a fraction: alone, or after a weekday or "due"."""
    alone = ONLY_SHORT.match(text) is not None
    for m in SHORT.finditer(text):
        before = text[max(0, m.start() - 14) : m.start()]
        if alone or WEEKDAY_BEFORE.search(before) or SHORT_AFTER.search(before):
            yield Written(m.start(), m.end(), None, int(m[1]), int(m[2]), True)


def day_range(text: str) -> Iterator[Written]:
    """Find 5.–9.10.2026 and 5.–9.10., where the day always comes first."""
    for m in DAY_RANGE.finditer(text):
        last = Written(m.start(), m.end(), number(m[4]), int(m[3]), int(m[2]))
        yield replace(last, day=int(m[1]), until=last)


def dotted(text: str) -> Iterator[Written]:
    """Find 5.10., only where it can hardly be the number of a section: like ``short``, or in a range."""
    alone = not DOTTED.sub("", text).strip(" -–—()")
    paired = {m.start() for m in DOTTED_PAIR.finditer(text)}
    paired |= {m.start(3) for m in DOTTED_PAIR.finditer(text)}
    for m in DOTTED.finditer(text):
        before = text[max(0, m.start() - 14) : m.start()]
        named = WEEKDAY_BEFORE.search(before) or SHORT_AFTER.search(before)
        if alone or named or m.start() in paired:
            yield Written(m.start(), m.end(), None, int(m[2]), int(m[1]))


def week_day(text: str) -> Iterator[Written]:
    """Find Week 4 (Mon); Week 10, Mon-Fri; Friday of week 8."""
    for m in WEEK_DAY.finditer(text):
        first = in_week(m, int(m[1]), m[2])
        yield replace(first, until=in_week(m, int(m[1]), m[3])) if m[3] else first
    for m in DAY_OF_WEEK.finditer(text):
        yield in_week(m, int(m[2]), m[1])


def in_week(m: re.Match[str], week: int, day: str) -> Written:
    """Return a day of a week."""
    weekday = WEEKDAYS.index(day.lower())
    return Written(m.start(), m.end(), None, 0, 0, weekday=weekday, week=week)


def with_weekday(text: str, written: Written) -> Written:
    """Return the date with the weekday that stands before it, if one does."""
    m = WEEKDAY_BEFORE.search(text, max(0, written.start - 14), written.start)
    if m is None or written.week is not None:
        return written
    return replace(written, start=m.start(), weekday=WEEKDAYS.index(m[1].lower()))


def join_ranges(text: str, found: list[Written]) -> list[Written]:
    """Return "28 Sep – 2 Oct" as one range instead of two dates."""
    joined: list[Written] = []
    for written in found:
        last = joined[-1] if joined else None
        if last and last.until is None and BETWEEN.fullmatch(text, last.end, written.start):
            joined[-1] = replace(last, end=written.end, until=written)
        else:
            joined.append(written)
    return joined


def resolve(written: Written, year_of: YearOf, day_first: bool) -> tuple[date, date | None]:
    """Return the first and, for a range, the last day. Raises ValueError when there is no such day."""
    if written.until is None:
        return certain(written, year_of, day_first), None
    last = certain(written.until, year_of, day_first)
    if written.year is None and written.until.year is not None:
        first = certain(written, lambda _: last.year, day_first)
        first = first.replace(year=last.year - 1) if first > last else first
    else:
        first = certain(written, year_of, day_first)
    if last < first and written.until.year is None:
        last = last.replace(year=first.year + 1)
    if last < first:
        raise ValueError("a range that ends before it begins")
    return first, last


def certain(written: Written, year_of: YearOf, day_first: bool) -> date:
    """Return one day. Raises ValueError when the calendar has no such day."""
    month, day = written.month, written.day
    if written.slashed and (month > len(MONTHS) or (day_first and day <= len(MONTHS))):
        month, day = day, month
    year = written.year if written.year is not None else year_of(month)
    return date(year, month, day)


def month_number(name: str) -> int:
    """Return 9 for "Sept"."""
    return MONTHS.index(name[:3].lower()) + 1


def number(digits: str | None) -> int | None:
    """Return the digits as a number, if there are any."""
    return int(digits) if digits else None
