"""Upkeep by the clock: old results, jobs and keys go, a page at a time, so that nobody waits for it."""

from datetime import UTC, datetime

import structlog

from jobs import store
from jobs.db import Database
from jobs.settings import JobsSettings

log = structlog.get_logger(__name__)

PAGE = 1_000
MOST_PAGES = 100


async def prune(db: Database, settings: JobsSettings) -> None:
    """Forget what is past its time; what one call leaves over is for the next tick."""
    results = jobs = rest = 0
    for _ in range(MOST_PAGES):
        emptied = await store.forget_results(db, settings.result_ttl, PAGE)
        deleted = await store.prune_jobs(db, settings.job_retention, PAGE)
        results, jobs = results + emptied, jobs + deleted
        if not emptied and not deleted:
            break
    for _ in range(MOST_PAGES):
        gone = await store.prune_rest(db, settings.idempotency_ttl, settings.job_retention, PAGE)
        gone += await store.prune_access(db, settings.job_retention, PAGE)
        gone += await store.prune_samples(db, PAGE)
        gone += await store.prune_audit(db, settings.audit_retention, datetime.now(UTC), PAGE)
        rest += gone
        if not gone:
            break
    log.info("tick", name="prune", results=results, jobs=jobs, rest=rest)
