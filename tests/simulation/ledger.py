"""What a simulation has seen: what the database says of a window, and what came out at the other end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import asyncpg

from jobs.db import Database
from tests.simulation.oracle import Window

Owner = tuple[str, str]

BRIEFS = """
SELECT id, org_id, user_id, day, created_at, by_email FROM briefs
WHERE created_at >= $1 AND created_at <= $2 ORDER BY created_at
"""
ENTRIES = """
SELECT id, org_id, user_id, name, job_id, created_at, read_at, coalesce(handed_off, '{}') AS handed_off
FROM inbox WHERE created_at >= $1 AND created_at <= $2
"""
EMAILS = """
SELECT e.org_id, e.user_id, e.address, e.message_id, e.brief_id, e.state, e.error,
  coalesce(j.args->'inbox_ids', '[]') AS inbox_ids
FROM emails e JOIN jobs j ON j.id = e.job_id WHERE e.created_at >= $1 AND e.created_at <= $2
"""
TEXTS = """
SELECT org_id, user_id, to_number, provider_id, state, error->>'code' AS error, inbox_ids
FROM sms_messages WHERE created_at >= $1 AND created_at <= $2
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that came out: to whom, named how by its sender, at which moment of the moved clock."""

    to: str
    ident: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief as it is kept."""

    id: UUID
    owner: Owner
    day: date
    at: datetime
    by_email: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An inbox entry."""

    id: UUID
    owner: Owner
    name: str
    job: UUID | None
    at: datetime
    read_at: datetime | None
    handed_off: dict[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A mail or a text as its sender keeps it; ``ident`` is what the receiver knows it by."""

    owner: Owner
    to: str
    ident: str
    state: str
    error: str | None
    entries: Sequence[UUID]
    brief: UUID | None = None


@dataclass
class Ledger:
    """All of one window. ``kills`` are workers that died, ``before`` counts each user's earlier briefs."""

    window: Window
    mails: list[Sent] = field(default_factory=list)
    texts: list[Sent] = field(default_factory=list)
    briefs: list[Brief] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    emails: list[Message] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    kills: int = 0
    before: Counter[Owner] = field(default_factory=Counter)

    async def read(self, db: Database) -> None:
        """Add what the database says."""
        between = (self.window.begin, self.window.end + self.window.step)
        self.briefs = [
            Brief(r["id"], owner(r), r["day"], r["created_at"], r["by_email"])
            for r in await db.fetch(BRIEFS, *between)
        ]
        self.entries = [
            Entry(
                r["id"], owner(r), r["name"], r["job_id"], r["created_at"], r["read_at"],
                r["handed_off"],
            )
            for r in await db.fetch(ENTRIES, *between)
        ]  # fmt: skip
        self.emails = [
            Message(
                owner(r), r["address"], r["message_id"], r["state"], r["error"],
                [UUID(ident) for ident in r["inbox_ids"]], r["brief_id"],
            )
            for r in await db.fetch(EMAILS, *between)
        ]  # fmt: skip
        self.messages = [
            Message(
                owner(r), r["to_number"], r["provider_id"] or "", r["state"], r["error"],
                list(r["inbox_ids"]),
            )
            for r in await db.fetch(TEXTS, *between)
        ]  # fmt: skip


def owner(record: asyncpg.Record) -> Owner:
    """Return org and user of a row."""
    return record["org_id"], record["user_id"]
