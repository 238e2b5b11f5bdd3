"""The kinds: whether our own can be loaded, and whether what waits is of kinds we know."""

from collections.abc import AsyncIterator

import asyncpg

from jobs.processor import Registry
from jobs.settings import JobsSettings
from service.doctor.finding import Finding, judge

MOST_NAMED = 5
STRANGE = """
SELECT kind FROM jobs WHERE state IN ('queued', 'scheduled', 'retrying', 'waiting') AND kind <> ALL($1)
UNION SELECT kind FROM schedules WHERE NOT paused AND kind <> ALL($1)
UNION SELECT on_complete->>'kind' FROM batches
  WHERE completed_at IS NULL AND on_complete->>'kind' <> ALL($1)
ORDER BY kind
"""


def load(settings: JobsSettings) -> tuple[Finding, Registry | None]:
    """Load every kind as web and worker do; return what is found, and the kinds."""
    from jobs.processors import PROCESSORS  # noqa: PLC0415 - takes a while

    try:
        registry = Registry.load(PROCESSORS, settings.processor_modules)
    except Exception as error:
        message = f"PROCESSORS={settings.processors} cannot be loaded: {error}"
        advice = "Correct PROCESSORS, or the module it names: neither web nor worker can start."
        return judge("kinds", message, fail=advice), None
    return judge("kinds", f"{len(registry)} known"), registry


async def examine_kinds(
    connection: asyncpg.Connection, registry: Registry
) -> AsyncIterator[Finding]:
    """Yield what waits for a kind that is not known here: no worker like us will ever begin it."""
    strange = [row["kind"] for row in await connection.fetch(STRANGE, list(registry))]
    named = ", ".join(strange[:MOST_NAMED]) + (", …" if len(strange) > MOST_NAMED else "")
    advice = (
        "Deploy the version that has these kinds, name their module in PROCESSORS, or delete what "
        "waits for them: it waits until a worker knows them."
    )
    message = f"jobs, schedules or batches wait for: {named}" if strange else "all are known"
    yield judge("waiting kinds", message, warn=advice if strange else "")
