"""Sending what is due: a loop in every worker, without a leader.

A claim is a lease, so a worker that dies between sending and recording is followed by another that sends
the same message again under the same ``webhook-id``.
"""

import asyncio
import random
import time
from collections import Counter

import structlog

from jobs import store
from jobs.db import Database
from jobs.errors import Unavailable
from jobs.inbox import Inbox
from jobs.log_errors import told
from jobs.measures import WEBHOOK, WEBHOOKS_DISABLED
from jobs.providers.transport import Resolver, resolve
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.store import Due
from jobs.supervision import wait_until
from jobs.trail import CURRENT, Trail, traceparent_in
from jobs.webhooks.bodies import Bodies
from jobs.webhooks.policy import (
    FAILING,
    LEASE,
    PATIENCE,
    PER_HOST,
    REFUSED,
    Answer,
    wait_after,
)
from jobs.webhooks.sender import Sender
from jobs.webhooks.signing import PURPOSE

log = structlog.get_logger(__name__)

NOTHING_TO_TELL = "What it tells of is gone."


class Deliverer:
    """Keeps at most ``webhook_concurrency`` tries under way, at most five of them to one host.

    Of the orgs that have something to send, the one with the fewest tries under way comes first.
    """

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        bodies: Bodies,
        inbox: Inbox,
        resolver: Resolver = resolve,
    ) -> None:
        self._settings = settings
        self._db = db
        self._bodies = bodies
        self._inbox = inbox
        self._resolver = resolver
        self._busy: Counter[tuple[str, str]] = Counter()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled; supervised by the worker, which calls again."""
        seal = Seal(self._settings.secret_key.get_secret_value(), PURPOSE)
        async with (
            Sender(self._settings, seal, self._resolver) as sender,
            asyncio.TaskGroup() as tries,
        ):
            while True:
                self._ended.clear()
                if not await self._begin_what_can(sender, tries):
                    pause = self._settings.relay_seconds
                    await wait_until(self._ended, pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreading load

    async def _begin_what_can(self, sender: Sender, tries: asyncio.TaskGroup) -> int:
        """Begin tries; while Postgres is away none begins, but those under way go on."""
        try:
            return await self.begin(sender, tries)
        except Unavailable:
            log.warning("deliveries.not_claimed")
            return 0

    async def begin(self, sender: Sender, tries: asyncio.TaskGroup) -> int:
        """Claim what there is room for and begin a try for each. Returns how many began."""
        free = self._settings.webhook_concurrency - self._busy.total()
        if free <= 0:
            return 0
        dues = await store.claim_deliveries(self._db, free, self._busy, PER_HOST, LEASE)
        bodies = await self._bodies.of(dues)
        for due in dues:
            self._busy[due.org_id, due.host] += 1
            tries.create_task(self._try(sender, due, bodies.get(due.id)))
        return len(dues)

    async def _try(self, sender: Sender, due: Due, body: str | None) -> None:
        try:
            await self._deliver(sender, due, body)
        except Unavailable:
            log.warning("delivery.not_recorded", id=str(due.id))  # its lease runs out: sent again
        except Exception as error:
            log.exception("delivery.broke", id=str(due.id), error=told(error))
        finally:
            self._busy[due.org_id, due.host] -= 1
            self._busy += Counter()  # forgets who is at zero
            self._ended.set()

    async def _deliver(self, sender: Sender, due: Due, body: str | None) -> None:
        if body is None:
            await store.drop_delivery(self._db, due, NOTHING_TO_TELL)
            return
        CURRENT.set(Trail(traceparent=traceparent_in(body)))  # for good: each try has a task
        began = time.perf_counter()
        answer = await sender.send(due, body)
        WEBHOOK.of(outcome_of(answer)).observe(time.perf_counter() - began)
        await self._record(due, answer)
        log.info(
            "delivery",
            id=str(due.id),
            webhook=str(due.webhook_id),
            type=due.type,
            tries=due.tries,
            status=answer.status,
            problem=answer.problem,
        )

    async def _record(self, due: Due, answer: Answer) -> None:
        if answer.status is not None and answer.delivered:
            await store.record_delivered(self._db, due, answer.status)
            return
        wait = wait_after(due.tries, answer)
        told = (answer.status, answer.told)
        exhausted = await store.record_failed(self._db, due, told, wait, PATIENCE)
        if answer.gone:
            await self._disable(due, REFUSED)
        elif exhausted:
            await self._disable(due, FAILING)

    async def _disable(self, due: Due, reason: str) -> None:
        entry = await store.give_up_webhook(self._db, due.webhook_id, reason)
        if entry is not None:
            WEBHOOKS_DISABLED.add()
            log.warning("webhook.disabled", id=str(due.webhook_id), reason=reason)
            await self._inbox.announce([entry])


def outcome_of(answer: Answer) -> str:
    """Return how a try went, in a word."""
    if answer.status is None:
        return "unreached"
    return "delivered" if answer.delivered else "refused"
