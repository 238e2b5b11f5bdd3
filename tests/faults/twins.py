"""Broken twins: the product with one protection taken away. The scenario that needs it must notice.

A twin rewrites a statement on its way to Postgres, or replaces a method. What it does is noted, so that
a twin of code that has moved, which would prove nothing, is found out too.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jobs import worker
from jobs.attempts import Attempts
from jobs.db import Database
from jobs.errors import Unavailable
from jobs.intake import Intake
from jobs.lease import Lease
from jobs.relay import Relay
from jobs.rescuer import Rescuer
from jobs.running import Running, Why
from realtime.channels import Channel
from realtime.feed import Feed
from realtime.hub import Hub
from realtime.message import Message
from realtime.subscription import Subscription
from tests.faults.journal import note

LATE_SECONDS = 0.5
ORPHANS = "\n    OR NOT EXISTS (SELECT FROM workers w WHERE w.id = j.worker_id)"
LATE: set[asyncio.Task[object]] = set()


@dataclass(frozen=True)
class Rewritten:
    """A statement that lost a few words, and other words that would make up for it."""

    words: str
    instead: str = ""
    net: str = ""


@dataclass(frozen=True)
class Replaced:
    """A method that does something else, or nothing."""

    owner: Any
    name: str
    instead: Any


async def nothing(*_: object, **__: object) -> None:
    """Do without."""


def never(*_: object, **__: object) -> None:
    """Do without, at once."""


async def once(self: Attempts, owner: Any, outcomes: Any) -> list[Any]:
    """Settle without trying again."""
    try:
        return await store_settle(self, owner, outcomes)
    except Unavailable:
        return []


async def store_settle(attempts: Attempts, owner: Any, outcomes: Any) -> list[Any]:
    from jobs import store  # noqa: PLC0415 - looked up when it is called, faults and all

    return await store.settle(attempts._db, owner, outcomes)


plain_stop = Running.stop


def deaf_to_cancel(self: Running, why: Why) -> None:
    """Hear every order but the one to cancel."""
    if why is not Why.CANCEL:
        plain_stop(self, why)


plain_attach = Hub.attach


async def attach_late(self: Hub, channel: Channel, subscription: Subscription) -> None:
    """Begin to hear only when what there was has been read."""
    asyncio.get_running_loop().call_later(LATE_SECONDS, lambda: hear(self, channel, subscription))


def hear(hub: Hub, channel: Channel, subscription: Subscription) -> None:
    LATE.add(asyncio.create_task(plain_attach(hub, channel, subscription)))


TWINS: dict[str, Rewritten | Replaced] = {
    "no fence": Rewritten(
        "AND j.worker_id = $1 AND j.attempt = asked.attempt", "AND $1::uuid IS NOT NULL"
    ),
    "no look for orphans": Rewritten(ORPHANS),
    "no lock on the worker, nor look for orphans": Rewritten("FOR KEY SHARE", net=ORPHANS),
    "no look whether it landed": Rewritten(
        "FROM jobs j WHERE j.id = ANY($1)", "FROM jobs j WHERE j.id = ANY($1) AND false"
    ),
    "no uptime guard": Rewritten(
        "AND pg_postmaster_start_time() < now() - make_interval(secs => $1)",
        "AND $1::float8 IS NOT NULL",
    ),
    "no renewal when overdue": Rewritten(
        "WHERE id = $1 RETURNING id", "WHERE id = $1 AND lease_until > now() RETURNING id"
    ),
    "no crash limit": Rewritten("j.crashes + 1 >= $2", "$2::int < 0"),
    "no rescue": Replaced(Rescuer, "rescue", nothing),
    "no giving back": Replaced(Attempts, "_give_back", nothing),
    "no promotion": Replaced(Relay, "promote", nothing),
    "no sweep": Replaced(Relay, "sweep", nothing),
    "no claim without Redis": Replaced(Intake, "_claim", nothing),
    "no position check": Replaced(Hub, "_compare", nothing),
    "no subscription before the reading": Replaced(Hub, "attach", attach_late),
    "no lease proof": Replaced(Lease, "proven", True),
    "no patience with Postgres": Replaced(Attempts, "_persist", once),
    "no ear for cancel": Replaced(Running, "stop", deaf_to_cancel),
    "no watchdog": Replaced(worker, "start_watchdog", never),
}


plain_follow = Subscription._follow


def follow_doubles(self: Subscription, message: Message) -> None:
    """Forward what was forwarded before, too."""
    if message.offset <= self.offset:
        self._reader.take(self, message)
        return
    plain_follow(self, message)


def follow_anything_newer(self: Subscription, message: Message) -> None:
    """Forward what is newer, though something before it may be missing."""
    if message.offset > self.offset:
        self.offset = message.offset
        self._reader.take(self, message)


def known_to_the_first(self: Feed) -> int:
    """Compare the position of whoever is ahead: who lags behind in a merged channel is not found."""
    if self.channel.merged:
        return max((one.offset for one in self._live), default=0)
    return self.top


# Those of the way back, which the crowd of ``tests.faults.realtime`` must miss.
WAY_BACK: dict[str, Replaced] = {
    "no reading again": Replaced(Subscription, "fall_behind", never),
    "no filter of duplicates": Replaced(Subscription, "_follow", follow_doubles),
    "no look for what is missing": Replaced(Subscription, "_follow", follow_anything_newer),
    "no look for the last of an org": Replaced(Feed, "known", property(known_to_the_first)),
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """Take a protection away in this process."""
    twin = WAY_BACK.get(name) or TWINS[name]
    if isinstance(twin, Replaced):
        note("twin")
        plain = vars(twin.owner)[twin.name]
        setattr(twin.owner, twin.name, twin.instead)
        try:
            yield
        finally:
            setattr(twin.owner, twin.name, plain)
        return
    plain = Database.fetch
    Database.fetch = rewriting(plain, twin)  # type: ignore[method-assign]  # being wrong is its point
    try:
        yield
    finally:
        Database.fetch = plain  # type: ignore[method-assign]


def rewriting(plain: Callable[..., Any], twin: Rewritten) -> Callable[..., Any]:
    """Return ``fetch`` with the words of the twin taken out of every statement, each time noted."""

    async def fetch(self: Database, sql: str, *words: object) -> Any:
        if twin.words in sql:
            note("twin")
            sql = sql.replace(twin.words, twin.instead)
        if twin.net:
            sql = sql.replace(twin.net, "")
        return await plain(self, sql, *words)

    return fetch
