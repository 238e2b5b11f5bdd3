"""Every tick of the system on one screen. A tick may run twice or not at all: each is harmless."""

from typing import Any

import structlog
from arq.cron import CronJob, cron

from jobs.db import Database
from jobs.processor import Registry
from jobs.sampling import TICK_SECONDS, tick_sample
from jobs.storage import Storage
from jobs.upkeep import prune
from jobs.used_up import forget_used_up

log = structlog.get_logger(__name__)

FORGET_TICKETS = "DELETE FROM spent_tickets WHERE expires_at < now()"


async def forget_uploads(ctx: dict[str, Any]) -> None:
    """Remove uploads that nobody may use any more, and bytes that lost their row."""
    storage: Storage = ctx["storage"]
    forgotten = await storage.forget_expired()
    orphans = await storage.forget_orphans()
    log.info("tick", name="forget_uploads", forgotten=forgotten, orphans=orphans)


async def forget_used(ctx: dict[str, Any]) -> None:
    """Remove uploads of jobs that failed for good, were cancelled or expired."""
    registry: Registry = ctx["registry"]
    await forget_used_up(ctx["db"], ctx["storage"], registry.values())


async def forget_tickets(ctx: dict[str, Any]) -> None:
    """Remove spent tickets that could not be used again anyway."""
    db: Database = ctx["db"]
    await db.fetch(FORGET_TICKETS)


async def prune_record(ctx: dict[str, Any]) -> None:
    """Remove old results, jobs, keys and what hangs on them."""
    await prune(ctx["db"], ctx["settings"])


async def sample(ctx: dict[str, Any]) -> None:
    """Keep how queues and workers stand, for charts."""
    await tick_sample(ctx["db"], ctx["signals"])


SCHEDULE: tuple[CronJob, ...] = (
    cron(forget_uploads, name="forget_uploads", minute={7, 37}, second=0),
    cron(forget_used, name="forget_used", minute=None, second=15),
    cron(prune_record, name="prune", minute=None, second=45),
    cron(sample, name="sample", minute=None, second=set(range(0, 60, TICK_SECONDS))),
    cron(forget_tickets, name="forget_tickets", minute=None, second=30),
)
"""When, by the minute and second in UTC."""
