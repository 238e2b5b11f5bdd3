"""One message about what nobody has seen: the args of the jobs that deliver it, and its words."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from jobs.handoff.plan import EMAIL, is_failure
from jobs.store import PreferencesRow, Unseen
from jobs.zones import zone, zones

KINDS = {EMAIL: "email_delivery", "sms": "sms_delivery"}
"""The kind of job that delivers each way."""
MOST_LINES = 20
MOST_IDS = 100
LONGEST_NAME = 80
LONGEST_SMS = 300
BYE = "No device of yours has shown this yet. You get it because your preferences ask for it."


class EmailArgs(BaseModel):
    """What ``email_delivery`` is given. ``inbox_ids`` are the entries told of, at most 100 of them."""

    to: str
    subject: str
    text: str
    inbox_ids: list[UUID]


class SmsArgs(BaseModel):
    """What ``sms_delivery`` is given. An ``urgent`` one is not held back in quiet hours."""

    to: str
    text: str
    urgent: bool
    inbox_ids: list[UUID]


def args_of(way: str, entries: Sequence[Unseen], wishes: PreferencesRow) -> EmailArgs | SmsArgs:
    """Return the args of the job that tells ``entries``, oldest first, to one user."""
    ids = [entry.id for entry in entries[:MOST_IDS]]
    if way == EMAIL:
        return EmailArgs(
            to=wishes.email or "",
            subject=headline(entries),
            text=letter(entries, wishes.timezone),
            inbox_ids=ids,
        )
    urgent = wishes.urgent_failures and any(is_failure(entry.name) for entry in entries)
    text = headline(entries)[:LONGEST_SMS]
    return SmsArgs(to=wishes.phone or "", text=text, urgent=urgent, inbox_ids=ids)


def headline(entries: Sequence[Unseen]) -> str:
    """Return one line about all entries."""
    if len(entries) == 1:
        return told(entries[0])
    failed = sum(is_failure(entry.name) for entry in entries)
    bad = f", {failed} of failures" if failed else ""
    return f"{len(entries)} notifications{bad}: {told(entries[0])}, …"


def letter(entries: Sequence[Unseen], timezone: str) -> str:
    """Return a line for each entry, with the time on the user's clock."""
    place = zone(timezone if timezone in zones() else "UTC")
    lines = [
        f"{entry.created_at.astimezone(place):%Y-%m-%d %H:%M}  {told(entry)}"
        for entry in entries[:MOST_LINES]
    ]
    more = len(entries) - MOST_LINES
    rest = [f"and {more} more"] if more > 0 else []
    return "\n".join([*lines, *rest, "", BYE, ""])


def told(entry: Unseen) -> str:
    """Return an entry in a few words, without a line break or another control character."""
    data = entry.data if isinstance(entry.data, dict) else {}
    if entry.name.startswith("job.") and isinstance(data.get("kind"), str):
        return clean(f"{data['kind']} {entry.name.removeprefix('job.')}")
    if entry.name == "webhook.disabled":
        return "A webhook was disabled"
    return clean(entry.name.replace("_", " "))


def clean(text: str) -> str:
    """Return ``text`` on one line, short enough for a subject."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LONGEST_NAME]
