"""Terms ("Fall 2026", "WS 2026/27") and what they say about the year of a bare date."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jobs.outline.dates import MONTHS, Written, YearOf, certain

SEASON = re.compile(
    r"\b(fall|autumn|winter|spring|summer)\s{0,3}(?:semester|term|quarter|session)?\s{0,3},?\s{0,3}"
    r"((?:19|20)\d\d)(?:\s?[/–-]\s?(?:20)?(\d\d)(?!\d))?",
    re.IGNORECASE,
)
SEASON_LAST = re.compile(r"\b((?:19|20)\d\d)\s+(fall|autumn|winter|spring|summer)\b", re.IGNORECASE)
GERMAN = re.compile(
    r"\b(ws|wise|ss|sose)\s?((?:19|20)\d\d)(?:\s?/\s?(?:20)?(\d\d))?", re.IGNORECASE
)
ACADEMIC = re.compile(r"\b(20\d\d)\s?[/–-]\s?(?:20)?(\d\d)\b(?![-/.]\d)")
NUMBERED = re.compile(
    r"\b((?:semester|term|trimester|quarter)\s(?:[1-4]|I{1,3})),?\s((?:19|20)\d\d)", re.IGNORECASE
)
SPRING_BEGINS, SUMMER_ENDS, WINTER_BEGINS = 11, 6, 10


@dataclass(frozen=True, slots=True)
class Term:
    """A term by its written name. ``season`` is one of fall, winter, spring, summer, year, term."""

    name: str
    season: str
    year: int
    page: int = 1

    @property
    def key(self) -> tuple[str, int]:
        """Return what "Spring 2027" and "Spring Term 2027" have in common."""
        return (self.name.lower() if self.season == "term" else self.season), self.year

    def year_of(self, month: int) -> int:
        """Return the year of a month that belongs to the term's dates."""
        if self.season in {"fall", "year"}:
            return self.year if month >= SUMMER_ENDS + (self.season == "year") else self.year + 1
        if self.season == "winter":
            return self.year - 1 if month >= WINTER_BEGINS else self.year
        if self.season == "spring":
            return self.year - 1 if month >= SPRING_BEGINS else self.year
        return self.year


def find_term(text: str) -> Term | None:
    """Return the first term named in ``text``."""
    if m := SEASON.search(text) or GERMAN.search(text):
        return seasonal(m[0], m[1], int(m[2]), two_years=m[3] is not None)
    if m := SEASON_LAST.search(text):
        return seasonal(m[0], m[2], int(m[1]), two_years=False)
    if m := NUMBERED.search(text):
        return Term(tidy(m[0]), "term", int(m[2]))
    m = ACADEMIC.search(text)
    if m and int(m[2]) == (int(m[1]) + 1) % 100:
        return Term(tidy(m[0]), "year", int(m[1]))
    return None


def seasonal(name: str, season: str, year: int, two_years: bool) -> Term:
    """Return a term of a season; one that spans two years is counted from its first."""
    season = season.lower()
    season = {"autumn": "fall", "ss": "summer", "sose": "summer"}.get(season, season)
    if season in {"ws", "wise"} or (two_years and season == "winter"):
        season = "year"
    return Term(tidy(name), season, year)


def tidy(name: str) -> str:
    """Return a name with single spaces."""
    return " ".join(name.split())


def fallback_year(written: Iterable[Written], hint: int | None, today: date) -> tuple[YearOf, bool]:
    """Return how to date what no term covers, and whether that is a mere guess."""
    if hint is not None:
        return (lambda _: hint), False
    years = Counter(w.year for w in written if w.year is not None)
    if years:
        common = years.most_common(1)[0][0]
        return (lambda _: common), False
    return (lambda _: today.year), True


def day_comes_first(written: Iterable[Written]) -> tuple[bool, str | None]:
    """Decide whether 4/9 is the 4th of September, from all the document's dates; warn of a guess."""
    unclear = [w for w in written if w.slashed]
    if any(w.month > len(MONTHS) for w in unclear):
        return True, None
    if any(w.day > len(MONTHS) for w in unclear):
        return False, None
    votes = Counter(vote for w in unclear for vote in votes_of(w))
    if votes[True] != votes[False]:
        return votes[True] > votes[False], None
    if not unclear or all(w.month == w.day for w in unclear):
        return False, None
    if all(w.dotted for w in unclear):
        return True, None
    w = unclear[0]
    return False, f"{w.month}/{w.day} could be either way round; the month was read first."


def votes_of(written: Written) -> list[bool]:
    """Return which readings fit the weekday that stands before the date."""
    if written.weekday is None or written.year is None:
        return []
    year = written.year
    readings = [(way, certain(written, lambda _: year, way)) for way in (True, False)]
    return [way for way, day in readings if day.weekday() == written.weekday]
