"""Courses in an outline: their code, title and credits, and which one a row belongs to."""

import re
from dataclasses import dataclass

from jobs.outline.terms import ACADEMIC, GERMAN, NUMBERED, SEASON, SEASON_LAST

CODE = re.compile(r"\b([A-Z]{2,6})[ -]?(\d{2,4}[A-Z]{0,2})\b")
HEADING = re.compile(
    r"^\W{0,3}(?:course|module|class)?\s?(?:code|number|no\.?|title)?\s?[:#]?\s{0,3}"
    r"([A-Z]{2,6})[ -]?(\d{2,4}[A-Z]{0,2})\b\s{0,3}[:.|,·•–—-]?\s{0,3}(.*)$",
    re.IGNORECASE,
)
CREDITS_AFTER = re.compile(
    r"\b(\d{1,2}(?:\.\d)?)\s?-?(?:credits?|credit[ -]hours?|ects|cp|units?|cr)\b", re.IGNORECASE
)
CREDITS_BEFORE = re.compile(
    r"\b(?:credits?|credit hours?|ects|units?)(?:\s?points?)?\s?[:=]?\s{1,3}(\d{1,2}(?:\.\d)?)(?![\d.%])",
    re.IGNORECASE,
)
NO_SUBJECTS = frozenset(
    [
        "JAN",
        "FEB",
        "MAR",
        "APR",
        "MAY",
        "JUN",
        "JUNE",
        "JUL",
        "JULY",
        "AUG",
        "SEP",
        "SEPT",
        "OCT",
        "NOV",
        "DEC",
        "FALL",
        "AUTUMN",
        "WINTER",
        "SPRING",
        "SUMMER",
        "ROOM",
        "WEEK",
        "WK",
        "CH",
        "PP",
        "PAGE",
        "UTC",
        "GMT",
        "ISO",
        "USD",
        "EUR",
        "COVID",
        "SEC",
        "SECTION",
        "UNIT",
        "TERM",
        "WS",
        "SS",
        "HALL",
        "BLDG",
        "PO",
        "BOX",
        "HW",
        "LAB",
        "QUIZ",
        "EXAM",
        "PART",
        "FIG",
        "NO",
        "VOL",
        "PS",
        "TEL",
        "FAX",
        "AY",
        "DAY",
        "TEST",
        "ON",
        "AT",
        "BY",
        "DUE",
        "THE",
        "IN",
        "OF",
        "TO",
        "AND",
    ]
)
SENTENCE = re.compile(
    r"\s(?:is|are|was|will|meets|introduces|covers|examines|offers|provides)\s.*$"
)
TITLE = re.compile(r"[^\W\d_].*[^\W\d_]{2}")
MAX_TITLE = 120


@dataclass(slots=True)
class Course:
    """A course; title and credits are filled in as they turn up."""

    code: str
    title: str = ""
    credits: float | None = None
    grade: str | None = None
    term: str | None = None
    page: int = 1


def heading(text: str) -> tuple[str, str] | None:
    """Return code and title when ``text`` introduces a course ("CS 101: Programming (4 credits)")."""
    m = HEADING.match(text)
    if m is None or not m[1].isupper() or m[1] in NO_SUBJECTS:
        return None
    title = bare_title(m[3])
    if title and not (title[0].isupper() and TITLE.match(title)):
        return None
    return f"{m[1]} {m[2].upper()}", title


def bare_title(text: str) -> str:
    """Return a heading's rest without credits, term and the brackets around them."""
    text = SENTENCE.sub("", text)
    for pattern in (CREDITS_AFTER, CREDITS_BEFORE, SEASON, SEASON_LAST, GERMAN, NUMBERED, ACADEMIC):
        text = pattern.sub("", text)
    text = re.sub(r"\(\s*[,;·]?\s*\)|\[\s*\]", "", text)
    return text.strip(" -–—·•|,;:.()").strip()[:MAX_TITLE]


def credits_in(text: str) -> float | None:
    """Return the number of credits that ``text`` names."""
    m = CREDITS_AFTER.search(text) or CREDITS_BEFORE.search(text)
    return float(m[1]) if m else None


def codes_in(text: str) -> list[str]:
    """Return the course codes mentioned in ``text``, written one way."""
    return [f"{m[1]} {m[2]}" for m in CODE.finditer(text) if m[1] not in NO_SUBJECTS]
