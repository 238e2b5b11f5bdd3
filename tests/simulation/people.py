"""The people of a simulation: where they live, when they want what, and how they take it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Literal

from jobs.preferences import QuietTimes, Wishes
from realtime.caller import Caller
from tests.simulation.zones import ZONES

HOURS = (7, 2, 0, 23, 1, 3, 6, 12, 18, 9)
"""When briefs are wanted: the hours that clock changes skip or repeat among the first."""
NIGHTS = (
    (time(22), time(7)),
    None,
    (time(23, 30), time(6, 15)),
    (time(1, 30), time(2, 30)),
    (time(13), time(15)),
)
HANDOFF_SECONDS = 600
"""Who opens a brief does so earlier, however slow the machine is; and a step is longer."""
SCOPES = frozenset({"jobs:read", "jobs:write"})
ORGS = 7
CALENDAR_EVERY = 32
"""Of so many people one has a calendar: it is synced at every step, whatever happens."""
Opens = Literal["page", "inbox", "never"]


@dataclass(frozen=True, slots=True)
class Person:
    """One user. ``opens`` is how they open their briefs: the brief itself, its inbox entry, or not at all.

    ``noisy`` ones are told much more than a day's texts may be; those with a ``calendar`` change it on both
    sides.
    """

    number: int
    zone: str
    hour: int
    quiet: tuple[time, time] | None
    email_opt_in: bool
    email_verified: bool
    sms_opt_in: bool
    phone_verified: bool
    brief_email: bool
    opens: Opens
    noisy: bool
    calendar: bool

    @property
    def owner(self) -> tuple[str, str]:
        """Return org and user."""
        return f"org{self.number % ORGS}", f"user{self.number}"

    @property
    def caller(self) -> Caller:
        """Return who they are at the front door."""
        org, user = self.owner
        return Caller(user, org, SCOPES)

    @property
    def email(self) -> str:
        """Return their address."""
        return f"user{self.number}@people.example"

    @property
    def phone(self) -> str:
        """Return their number."""
        return f"+4915112{self.number:06}"

    @property
    def wishes(self) -> Wishes:
        """Return their preferences."""
        quiet = QuietTimes(start=self.quiet[0], end=self.quiet[1]) if self.quiet else None
        return Wishes(
            timezone=self.zone,
            quiet_hours=quiet,
            email=self.email,
            email_opt_in=self.email_opt_in,
            phone=self.phone,
            sms_opt_in=self.sms_opt_in,
            brief_opt_in=True,
            brief_hour=self.hour,
            brief_email=self.brief_email,
            handoff_seconds=HANDOFF_SECONDS,
        )


def people(count: int, zones: int, seed: int) -> Iterator[Person]:
    """Yield ``count`` people who live in so many zones; each zone has every hour before one comes twice."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        yield Person(
            number=number,
            zone=ZONES[number % zones],
            hour=HOURS[number // zones % len(HOURS)],
            quiet=chance.choice(NIGHTS),
            email_opt_in=chance.random() < 0.5,
            email_verified=chance.random() < 0.8,
            sms_opt_in=chance.random() < 0.5,
            phone_verified=chance.random() < 0.8,
            brief_email=chance.random() < 0.5,
            opens=chance.choice(("page", "page", "inbox", "never")),
            noisy=chance.random() < 0.04,
            calendar=number % CALENDAR_EVERY == 5,
        )
