"""The dates of feeds: RFC 822 and RFC 3339 as they were meant, and as they are really written."""

import re
from datetime import UTC, datetime, timedelta, timezone

WEEKDAY = r"(?:[^\W\d]+\.?,?\s+)?"
DAY, MONTH = r"(?P<day>\d{1,2})", r"(?P<month>[^\W\d]{3,12})\.?"
HOUR, MINUTE, SECOND = (
    "(?P<hour>[01]?[0-9]|2[0-4])",
    "(?P<minute>[0-5][0-9])",
    "(?P<second>[0-5][0-9]|60)",
)
CLOCK = rf"(?:,?\s+(?:at\s+|-\s+)?{HOUR}[:.]{MINUTE}(?:[:.]{SECOND}(?:\.\d+)?)?)?"
RFC_822 = re.compile(
    rf"{WEEKDAY}{DAY}[\s-]+{MONTH},?[\s-]+(?P<year>\d{{2,4}}){CLOCK}\s*(?P<zone>.*)"
)
AMERICAN = re.compile(
    rf"{WEEKDAY}{MONTH}\s+{DAY}(?:st|nd|rd|th)?,?(?:\s+(?P<year>\d{{4}}))?{CLOCK}"
    r"(?P<zone>.*?)(?:\s+(?P<year_last>\d{4}))?"
)
ISO = re.compile(
    r"(?P<year>\d{4})[-/.]?(?:(?P<month>\d{2})[-/.]?(?:(?P<day>\d{2})"
    rf"(?:[T\s]+{HOUR}:?{MINUTE}(?::?{SECOND}(?:[.,]\d+)?)?\s*(?P<zone>.*))?)?)?",
    re.IGNORECASE,
)
EPOCH = re.compile(r"\d{9,10}(?:\d{3})?")
OFFSET = re.compile(r"(?:GMT|UTC|Z)?\s*([+-])(\d{1,2}):?(\d{2})?(?:\s*\(.*\))?", re.IGNORECASE)
NAME = re.compile(r"\(?([A-Za-z]{1,5})\)?")

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro ene gen",
            "feb february februar février fevrier febrero febbraio fevereiro fév fev",
            "mar march märz maerz mär mrz mars marzo março",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio maio mag",
            "jun june juni juin junio giugno junho giu",
            "jul july juli juillet julio luglio julho juil lug",
            "aug august août aout agosto ago aoû",
            "sep sept september septembre septiembre settembre setembro set",
            "oct october oktober octobre octubre ottobre outubro okt ott out",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro dez déc dic",
        ),
        1,
    )
    for name in names.split()
}
EAST = {
    -600: "HST",
    -540: "AKST",
    -480: "AKDT PST",
    -420: "PDT MST",
    -360: "MDT CST",
    -300: "CDT EST",
    -240: "EDT AST",
    -210: "NST",
    -180: "ADT BRT ART",
    -150: "NDT",
    0: "UT UTC GMT Z WET",
    60: "BST WEST CET MET MEZ",
    120: "CEST MEST MESZ EET SAST",
    180: "EEST MSK TRT",
    240: "GST",
    300: "PKT",
    330: "IST",
    420: "ICT WIB",
    480: "SGT HKT AWST",
    540: "JST KST",
    570: "ACST",
    600: "AEST",
    630: "ACDT",
    660: "AEDT",
    720: "NZST",
    780: "NZDT",
}
"""Minutes east of UTC. Of names that mean several zones the one most feeds mean."""

ZONES = {name: minutes for minutes, names in EAST.items() for name in names.split()}

FIRST = datetime(1970, 1, 2, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
MILLISECONDS = 10**11
MOST_OFFSET = timedelta(hours=15)
LONGEST = 100
CENTURY_TURNS = 70


def read_date(text: str) -> datetime | None:
    """Return a date in UTC, or None for what is no date, or one that is none (1970-01-01, year 0).

    Without a zone, or with one that nobody knows, the clock is taken as UTC; without a time of day it is
    midnight.
    """
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        return None
    if EPOCH.fullmatch(text):
        number = int(text)
        seconds = number / 1000 if number > MILLISECONDS else number
        return within(datetime.fromtimestamp(seconds, UTC))
    for pattern in (ISO, RFC_822, AMERICAN):
        match = pattern.fullmatch(text)
        found = assembled(match.groupdict()) if match else None
        if found is not None:
            return within(found)
    return None


def assembled(parts: dict[str, str | None]) -> datetime | None:
    """Return the parts of a date as one, or None when there is no such day."""
    month, year = month_of(parts["month"] or "1"), parts["year"] or parts.get("year_last")
    if month is None or year is None:
        return None
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    clock = timedelta(hours=hour, minutes=minute, seconds=second)  # 24:00:00 and 23:59:60 are meant
    try:
        return (
            datetime(
                full_year(year), month, int(parts["day"] or 1), tzinfo=zone_of(parts["zone"] or "")
            )
            + clock
        )
    except (ValueError, OverflowError):
        return None


def month_of(text: str) -> int | None:
    """Return a month by its number or its name."""
    return int(text) if text.isdecimal() else MONTHS.get(text.lower())


def full_year(text: str) -> int:
    """Return a year; of two digits (RFC 822) the one between 1970 and 2069."""
    year = int(text)
    if len(text) > 2:  # noqa: PLR2004 - RFC 822 has two digits, RFC 2822 four
        return year
    return year + (1900 if year >= CENTURY_TURNS else 2000)


def zone_of(text: str) -> timezone:
    """Return the zone behind a time: an offset, a name, else UTC."""
    offset = OFFSET.match(text.strip())
    if offset:
        distance = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        if distance <= MOST_OFFSET:
            return timezone(distance if offset[1] == "+" else -distance)
    name = NAME.match(text.strip())
    return timezone(timedelta(minutes=ZONES.get(name[1].upper(), 0))) if name else UTC


def within(found: datetime) -> datetime | None:
    """Return a date that can be meant, in UTC."""
    try:
        moment = found.astimezone(UTC)
    except OverflowError:
        return None
    return moment if FIRST <= moment < LAST else None
