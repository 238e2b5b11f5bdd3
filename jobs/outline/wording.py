"""What the words of an event mean: its type, its weight, its time of day, its bare title."""

import re

from jobs.outline.dates import Written

TYPES = ("lecture", "assignment", "exam", "reading", "deadline", "holiday", "other")
DATE_MARK = "\ufffc"

HOLIDAY = re.compile(
    r"\b(?:no (?:class(?:es)?|lectures?|meetings?|school)|holidays?|recess|vacation|break"
    r"|reading week|thanksgiving|labou?r day|memorial day|easter|christmas|columbus day"
    r"|indigenous peoples|martin luther king|mlk day|veterans day|public holiday|university closed)\b",
    re.IGNORECASE,
)
EXAM = re.compile(
    r"\b(?:mid-?terms?|finals?(?=\W*$|,|\s(?:exam|week))|exams?|examinations?|quiz(?:zes)?|tests?)\b",
    re.IGNORECASE,
)
REVIEW = re.compile(r"\breview\b(?! (?:paper|essay|due))", re.IGNORECASE)
ASSIGNMENT = re.compile(
    r"\b(?:assignments?|homeworks?|hw ?\d*|problem ?sets?|p-?sets?(?: ?\d+)?|projects?|papers?|essays?"
    r"|lab reports?|reports?|proposals?|drafts?|presentations?|worksheets?|portfolio|poster)\b",
    re.IGNORECASE,
)
DEADLINE = re.compile(
    r"\b(?:due|deadlines?|submit|submission|hand-?in|register|registration|enrol\w*"
    r"|withdraw\w*|add/drop|drop|opt-?out|sign-?up)\b",
    re.IGNORECASE,
)
READING = re.compile(r"\b(?:readings?|read|chapters?|chs?\.|pp\.)", re.IGNORECASE)
LECTURE = re.compile(
    r"\b(?:lectures?|class(?:es)?|seminars?|labs?|tutorials?|recitations?|workshops?|week \d+"
    r"|introduction|intro|review|guest|begins?|starts?|topics?)\b",
    re.IGNORECASE,
)
ADMINISTRATIVE = re.compile(
    r"\b(?:last (?:day|date)(?! of (?:class|lect|instr|teach))|regist\w+|enrol\w*|withdraw\w*"
    r"|drop|opt-?out)\b",
    re.IGNORECASE,
)
ORDERED = (
    (ADMINISTRATIVE, "deadline"),
    (HOLIDAY, "holiday"),
    (REVIEW, "lecture"),
    (EXAM, "exam"),
    (ASSIGNMENT, "assignment"),
    (DEADLINE, "deadline"),
    (READING, "reading"),
    (LECTURE, "lecture"),
)

WEIGHT = re.compile(
    r"\(?\b(\d{1,3}(?:\.\d{1,2})?)\s?(?:%|percent\b)(?:\s?of (?:the )?(?:final )?grade)?\)?"
)
CLOCK = re.compile(
    r"(?:\b(?:at|by|from)\s|@\s?|,\s?)?\b(?:(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m\b\.?|([01]?\d|2[0-3]):([0-5]\d)\b)"
    r"(?:\s?(?:-|–|to)\s?\d{1,2}(?:[:.]\d\d)?(?:\s?[ap]\.?m\b)?)?",
    re.IGNORECASE,
)
NOON_OR_MIDNIGHT = re.compile(
    r"\b(?:at|by|before|until)\s(?:12\s)?(noon|midnight)\b", re.IGNORECASE
)
LATEST = {"noon": "12:00", "midnight": "23:59"}
DUE_BEFORE = re.compile(
    r"\b(?:due|by|until|before|deadline|no later than)\b(?:\s(?:on|the|by))?\s*$", re.IGNORECASE
)
NO_EVENT = re.compile(
    r"^\W*(?:date of birth|dob|born|printed|issued|date (?:issued|printed)|(?:last )?(?:revised|updated)"
    r"|revision|version|as of|copyright)\b",
    re.IGNORECASE,
)
DANGLING = re.compile(r"[\s,;]+(?:on|by|at|in|and|the|of|or|until|before)$", re.IGNORECASE)
SPACED_COMMA = re.compile(r"\s+(?=[,;.:])")
CONNECTIVE = re.compile(r"\W*(?:and|or|then|plus|to|the|,|;|&)*\W*", re.IGNORECASE)
TRAILING_DUE = re.compile(r"\W+(?:is |are )?due$", re.IGNORECASE)
EMPTY_BRACKETS = re.compile(r"\((?:\W|hand-? ?in|due|submit)*\)|\[\W*\]", re.IGNORECASE)
LOOSE_WORDS = re.compile(
    rf"\b(?:is |are )?(?:due|on|by|before|until|from|of|at)?[\s:]*(?:the\s)?{DATE_MARK}",
    re.IGNORECASE,
)
WEEK_LABEL = re.compile(r"^\W*(?:week|wk)\.?\s?\d{1,2}\b\W*", re.IGNORECASE)
EDGES = " \t-–—:·•|,;./*"
MAX_TITLE = 200
NOON = 12


def type_of(title: str, default: str = "other") -> str:
    """Return the type of event that ``title`` describes."""
    return next((name for pattern, name in ORDERED if pattern.search(title)), default)


def type_before(text: str, written: Written, title: str, default: str = "other") -> str:
    """Return the type of event; what must be done "by" or is "due" on its date is a deadline at least."""
    found = type_of(title, default)
    due = DUE_BEFORE.search(text[: written.start])
    return "deadline" if due and found in {"other", "lecture"} else found


def weight_in(text: str) -> float | None:
    """Return the share of the grade, in per cent, that ``text`` names."""
    m = WEIGHT.search(text)
    return float(m[1]) if m and 0 < float(m[1]) <= 100 else None  # noqa: PLR2004 - per cent


def clock_in(text: str) -> str | None:
    """Return the first time of day in ``text`` as HH:MM."""
    m = CLOCK.search(text)
    if m is None:
        word = NOON_OR_MIDNIGHT.search(text)
        return LATEST[word[1].lower()] if word else None
    if m[4] is not None:
        return f"{int(m[4]):02}:{m[5]}"
    hour = int(m[1])
    if not 1 <= hour <= NOON:
        return None
    return f"{hour % NOON + (NOON if m[3].lower() == 'p' else 0):02}:{m[2] or '00'}"


def title_without(text: str, dates: list[Written]) -> str:
    """Return what is left of ``text`` without its dates, time, weight and loose punctuation."""
    for written in reversed(dates):
        text = text[: written.start] + DATE_MARK + text[written.end :]
    text = LOOSE_WORDS.sub(DATE_MARK, text) if text.strip(EDGES) != DATE_MARK else DATE_MARK
    text = NOON_OR_MIDNIGHT.sub(" ", CLOCK.sub(" ", WEIGHT.sub(" ", text))).replace(DATE_MARK, " ")
    text = EMPTY_BRACKETS.sub(" ", text)
    text = SPACED_COMMA.sub("", " ".join(text.split())).strip(EDGES)
    text = DANGLING.sub("", text)
    return "" if CONNECTIVE.fullmatch(text) else text[:MAX_TITLE].strip()


def topic_of(title: str) -> str:
    """Return a title without "Week 3" before it and "is due" after it, if anything is left then."""
    return TRAILING_DUE.sub("", WEEK_LABEL.sub("", title)).strip(EDGES) or title
