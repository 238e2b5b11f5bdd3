"""A transcript's rows: which course was taken, for how many credits, with which grade."""

import re
from collections.abc import Sequence

from jobs.outline.courses import CODE, MAX_TITLE, NO_SUBJECTS, Course

ROLES = (
    ("course", r"courses?|code|course (?:code|no\.?|number|id)|subject|module|modul"),
    ("title", r"title|course (?:title|name)|description|course description|name"),
    ("credits", r"credits?|cr\.?|units?|ects|cp|hours?|credit hours?|credits? (?:earned|points?)"),
    ("grade", r"grades?|gr\.?|marks?|final grade|result"),
    ("points", r"(?:quality |grade )?(?:points?|pts\.?)|gpa"),
)
COMPILED = [(role, re.compile(rf"(?:{pattern})\W*", re.IGNORECASE)) for role, pattern in ROLES]
GRADE = r"[A-F][+\u2212-]?|P|S|U|W|WF|IP|I|CR|NC|NP|AU|[1-5][.,]\d"
LETTERS = re.compile(GRADE)
CREDITS = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?")
LINE = re.compile(
    rf"^{CODE.pattern}\s+(\S.*?\S)\s+(\d{{1,2}}[.,]\d{{1,2}})\s+({GRADE})(?:\s+\d+[.,]\d+)?$"
)
LEAST_CELLS = 3


def transcript_header(cells: Sequence[str]) -> list[str] | None:
    """Return each column's role ("" for an unknown one) if the row heads a transcript's table."""
    roles = [
        next((role for role, pattern in COMPILED if pattern.fullmatch(cell.strip())), "")
        for cell in cells
    ]
    return roles if {"credits", "grade"} <= set(roles) and len(cells) >= LEAST_CELLS else None


def taken_course(row: Sequence[str], roles: Sequence[str] | None) -> Course | None:
    """Return the course of a transcript's row; without a header it is known by its cells."""
    if len(row) == 1:
        return from_line(row[0])
    found = CODE.fullmatch(row[0].strip())
    if found is None or found[1] in NO_SUBJECTS or len(row) < LEAST_CELLS:
        return None
    named = dict(zip(roles, row, strict=False)) if roles else by_looks(row)
    if not CREDITS.fullmatch(named.get("credits", "")):
        return None
    title = named.get("title", "")[:MAX_TITLE]
    points = number(named["credits"])
    return Course(f"{found[1]} {found[2]}", title, points, grade=named.get("grade") or None)


def by_looks(row: Sequence[str]) -> dict[str, str]:
    """Return what the cells of a row must be: none of a transcript if there is no grade."""
    grade = next((cell for cell in row[2:] if LETTERS.fullmatch(cell.strip())), "")
    points = next((cell for cell in row[2:] if CREDITS.fullmatch(cell.strip())), "")
    return {"title": row[1], "credits": points, "grade": grade} if grade else {}


def from_line(text: str) -> Course | None:
    """Return the course of a row that lost its columns."""
    m = LINE.match(text.strip())
    if m is None or m[1] in NO_SUBJECTS:
        return None
    return Course(f"{m[1]} {m[2]}", m[3][:MAX_TITLE], number(m[4]), grade=m[5])


def number(text: str) -> float:
    """Return a number with a point or a comma."""
    return float(text.replace(",", "."))
