"""The loop that hands off. Runs in every worker without a leader.

A pass is one transaction by the database's clock: entries are locked, events are put on their way to
webhooks, jobs that deliver are accepted, and the rows say so. So an entry is handed off once or not yet.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import structlog

from jobs import store
from jobs.acceptance import Acceptance, Submission, new_rows
from jobs.announcer import Announcer
from jobs.db import Database, Statements
from jobs.handoff.message import KINDS, args_of
from jobs.handoff.plan import WEBHOOK, Plan, plan, verified
from jobs.processor import Registry
from jobs.settings import JobsSettings
from jobs.store import Handled, JobRow, NewJob, PreferencesRow, Unseen
from realtime.caller import Caller

log = structlog.get_logger(__name__)

PAGE = 500
TAG = "handoff"
SPOILED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
TOLD, NOT_AVAILABLE, NOT_VERIFIED, REFUSED = "told", "not_available", "not_verified", "refused"
Owner = tuple[str, str]


@dataclass(slots=True)
class Pass:
    """What one pass did; ``more`` says that there may be more to do at once."""

    looked_at: int = 0
    jobs: list[JobRow] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one user about some entries; ``job`` delivers it, if there is one."""

    way: str
    entries: Sequence[Unseen]
    outcome: str
    job: NewJob | None = None


class Sweep:
    """Looks for entries whose time has come, in every worker."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        registry: Registry,
        acceptance: Acceptance,
        announcer: Announcer,
    ) -> None:
        self._settings = settings
        self._delay = timedelta(seconds=settings.handoff_seconds)
        self._db = db
        self._ways = tuple(way for way, kind in KINDS.items() if kind in registry)
        self._grace = timedelta(seconds=settings.schedule_grace_seconds)
        self._acceptance = acceptance
        self._announcer = announcer
        self._page = PAGE
        self._held: list[Unseen] = []

    async def step(self) -> None:
        """Make a pass; wait unless there is more to do."""
        if not (await self.hand_off()).more:
            pause = self._settings.relay_seconds * random.uniform(0.8, 1.2)  # noqa: S311 - spread
            await asyncio.sleep(pause)

    async def hand_off(self) -> Pass:
        """Make one pass, if there is anything to look at, and tell of the jobs it made."""
        if not await store.any_unseen(self._db):
            return Pass()
        try:
            done = await self._db.in_transaction(self._pass)
        except SPOILED as error:
            return await self._find_spoiled(error)
        if done.jobs:
            log.info("handoff.sent", jobs=len(done.jobs))
        await self._announcer.announce(done.jobs)
        return done

    async def _find_spoiled(self, error: Exception) -> Pass:
        """Give up the one entry that the database refuses; go on one by one until it is found."""
        if not self._held:
            raise error
        if len(self._held) == 1:
            name = type(error).__name__
            log.warning("handoff.given_up", entry=str(self._held[0].id), error=name)
            given_up = Handled(self._held[0].id, None, {})
            await store.move_unseen(self._db, [given_up])
        self._page = PAGE if len(self._held) == 1 else 1
        return Pass(more=True)

    async def _pass(self, db: Statements) -> Pass:
        own_kinds, self._held = tuple(KINDS.values()), []
        self._held = entries = await store.claim_unseen(
            db, self._page, own_kinds, self._ways, self._grace
        )
        if not entries:
            self._page = PAGE
            return Pass()
        wishes = await store.preferences_of(db, {owner_of(entry) for entry in entries})
        plans = {e: plan(e, wishes.get(owner_of(e)), self._delay) for e in entries}
        messages = [
            self._message(way, told, wishes[owner]) for (owner, way), told in bundled(plans).items()
        ]
        jobs = await self._send(db, plans, messages)
        await store.move_unseen(db, handled(plans, messages))
        return Pass(len(entries), jobs, more=len(entries) == self._page)

    def _message(self, way: str, entries: Sequence[Unseen], wishes: PreferencesRow) -> Message:
        """Build the job that tells ``entries``; what keeps it from being one is the outcome."""
        kind = KINDS[way]
        if way not in self._ways:
            return Message(way, entries, NOT_AVAILABLE)
        if not verified(way, wishes):
            return Message(way, entries, NOT_VERIFIED)
        owner = Caller(wishes.user_id, wishes.org_id, frozenset({"jobs:write"}))
        try:
            args = args_of(way, entries, wishes).model_dump(mode="json")
            job = self._acceptance.build(owner, Submission(kind, args, tags=(TAG,)))
        except Exception as error:
            log.warning("handoff.refused", kind=kind, error=type(error).__name__)
            return Message(way, entries, REFUSED)
        return Message(way, entries, f"job:{job.id}", job)

    async def _send(
        self, db: Statements, plans: Mapping[Unseen, Plan], messages: Sequence[Message]
    ) -> list[JobRow]:
        """Put the events on their way and accept the jobs; returns the jobs."""
        hooked = [entry.id for entry, found in plans.items() if WEBHOOK in found.ways]
        if hooked:
            await store.hook_unseen(db, hooked)
        jobs = [message.job for message in messages if message.job is not None]
        if not jobs:
            return []
        await store.note_handed_off(db, {(job.org_id, job.user_id) for job in jobs})
        return new_rows(await store.accept(db, jobs))


def owner_of(entry: Unseen) -> Owner:
    """Return the org and the user an entry belongs to."""
    return entry.org_id, entry.user_id


def bundled(plans: Mapping[Unseen, Plan]) -> dict[tuple[Owner, str], list[Unseen]]:
    """Return what goes into one message: the entries of each user and way."""
    found: dict[tuple[Owner, str], list[Unseen]] = {}
    for entry, planned in plans.items():
        for way in planned.ways:
            if way != WEBHOOK:
                found.setdefault((owner_of(entry), way), []).append(entry)
    return found


def handled(plans: Mapping[Unseen, Plan], messages: Sequence[Message]) -> list[Handled]:
    """Return what the entries' rows say from now on."""
    outcomes = {e: {WEBHOOK: TOLD} if WEBHOOK in p.ways else {} for e, p in plans.items()}
    for message in messages:
        for entry in message.entries:
            outcomes[entry][message.way] = message.outcome
    return [Handled(e.id, p.again, outcomes[e]) for e, p in plans.items()]
