"""What the columns of a schedule's table mean, told by its header row."""

import re
from collections.abc import Sequence

from jobs.outline.dates import scan

MAX_HEADER_CELL = 40
LEAST_KNOWN = 2
ROLES = (
    (
        "date",
        r"(?:due |start |exam )?dates?|day|days|when|week of|week beginning|deadline|date/time",
    ),
    ("end", r"end|end date|until|to"),
    ("week", r"weeks?|wk|#|no\.?|nr\.?|sessions?|class #|class|unit"),
    ("time", r"time|hour"),
    ("weight", r"weights?|%|% of grade|percentage|value|worth|grade|weighting|points"),
    ("type", r"type|category|kind"),
    ("course", r"courses?|module|course code|code"),
    ("reading", r"readings?|text|chapters?|required readings?|reading due|textbook"),
    (
        "due",
        r"due|assessments?|assignments?|assignments? due|homework|hw|deliverables?|hand-in|what's due",
    ),
    ("topic", r"topics?.{0,20}|lectures?|subject|contents?|themes?|title|events?|activity|name"),
    ("topic", r"activities|description|items?|tasks?|component"),
    ("notes", r"notes?|remarks?|comments?"),
)
DEADLINE = re.compile(r"deadlines?", re.IGNORECASE)
MODULE = re.compile(r"modules?", re.IGNORECASE)
COMPILED = [(role, re.compile(rf"(?:{pattern})\W*", re.IGNORECASE)) for role, pattern in ROLES]


def header(cells: Sequence[str]) -> list[str] | None:
    """Return each column's role ("" for an unknown one) if the row is a table's header."""
    filled = [cell for cell in cells if cell]
    if len(filled) < LEAST_KNOWN or any(len(cell) > MAX_HEADER_CELL for cell in filled):
        return None
    roles = [role_of(cell) for cell in cells]
    if sum(1 for role in roles if role) < LEAST_KNOWN or any(scan(cell) for cell in filled):
        return None
    if "topic" not in roles:  # then a course's modules are its topics
        roles = [
            "topic" if MODULE.fullmatch(c.strip()) else r for c, r in zip(cells, roles, strict=True)
        ]
    if roles.count("date") > 1:  # beside the date of the class, what a deadline is for
        roles = [
            "due" if DEADLINE.fullmatch(c.strip()) else r for c, r in zip(cells, roles, strict=True)
        ]
    return roles if {"date", "week", "due"} & set(roles) else None


def role_of(cell: str) -> str:
    """Return what a header cell promises."""
    return next((role for role, pattern in COMPILED if pattern.fullmatch(cell.strip())), "")
