"""What the tests of the hand-off share: entries of any age, wishes, passes, what came of them."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from jobs.handoff import Sweep
from jobs.ids import uuid7
from jobs.preferences import QuietTimes, Wishes
from jobs.processor import Registry
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.store import JobFilter
from jobs.store.sql import wanted_at
from jobs.webhooks.resource import Wanted, WebhookWithSecret
from realtime.caller import Caller
from tests.jobs.conftest import ANNA

ENTRY = f"""
WITH n AS (
  INSERT INTO sequences AS s (org_id, user_id, seq) VALUES ($2, $3, 1)
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + 1 RETURNING org_id, user_id, seq
)
INSERT INTO inbox (id, org_id, user_id, job_id, name, data, change_seq, created_at, handoff_at)
SELECT $1, $2, $3, $7, $4, $5, seq, now() - $6::interval, {wanted_at("n")} FROM n
"""  # noqa: S608 - our own words
MAIL = Wishes(email="anna@example.com", email_opt_in=True)
PHONE = Wishes(phone="+4930123456", sms_opt_in=True)
BOTH = Wishes(email="anna@example.com", email_opt_in=True, phone="+4930123456", sms_opt_in=True)
LONG_AGO = timedelta(minutes=10)
"""Past every delay that no test chooses."""
YOUNG = timedelta()


async def told(
    resources: Resources,
    name: str = "job.failed",
    caller: Caller = ANNA,
    age: timedelta = LONG_AGO,
    job_id: UUID | None = None,
    data: Any = None,
) -> UUID:
    """Write an entry ``age`` ago, as the change that it tells does."""
    ident = uuid7()
    given = {"kind": "echo", "state": "failed"} if data is None else data
    await resources.db.fetch(ENTRY, ident, caller.org, caller.user, name, given, age, job_id)
    return ident


def sweep_of(resources: Resources, *, knowing: str | None = None) -> Sweep:
    """Return a worker's sweep; ``knowing`` is the only kind it knows, None for all."""
    kinds = [k for k in resources.registry.values() if knowing in (None, k.name)]
    parts = Registry(kinds), resources.acceptance, resources.announcer
    return Sweep(resources.settings, resources.db, *parts)


async def passes(sweep: Sweep) -> int:
    """Make passes until nothing is left to do at once. Returns how many entries were looked at."""
    looked_at = 0
    while True:
        done = await sweep.hand_off()
        looked_at += done.looked_at
        if not done.more:
            return looked_at


async def wishes(
    resources: Resources, wished: Wishes, caller: Caller = ANNA, *, verified: bool = True
) -> None:
    """Say what a user wishes; their addresses are verified ones, or are not."""
    await resources.preferences.put(caller, wished)
    if verified:
        await resources.db.fetch(
            "UPDATE preferences SET email_verified_at = now(), phone_verified_at = now() "
            "WHERE org_id = $1 AND user_id = $2",
            caller.org,
            caller.user,
        )


async def quiet_now(resources: Resources, wished: Wishes, **changed: Any) -> datetime:
    """Say ``wished`` with quiet hours that the database's clock is in; return their end."""
    record = await resources.db.fetchrow("SELECT now()")
    assert record is not None
    begin, end = record[0] - timedelta(hours=2), record[0] + timedelta(hours=2)
    times = QuietTimes(start=minute(begin), end=minute(end))
    await wishes(resources, wished.model_copy(update={"quiet_hours": times, **changed}))
    return end.replace(second=0, microsecond=0)


def minute(at: datetime) -> time:
    return at.time().replace(second=0, microsecond=0)


async def hook(
    resources: Resources, caller: Caller = ANNA, *, whole_org: bool = False
) -> WebhookWithSecret:
    """Make a webhook that hears of what nobody has seen."""
    wanted = Wanted("https://example.com/hook", ["inbox.unseen"], whole_org=whole_org)
    return await resources.webhooks.create(caller, wanted)


async def entry(resources: Resources, ident: UUID) -> dict[str, Any]:
    """Return an entry's row, and how old it will be when it is looked at again."""
    record = await resources.db.fetchrow(
        "SELECT *, extract(epoch FROM handoff_at - created_at)::float8 AS age_then FROM inbox "
        "WHERE id = $1",
        ident,
    )
    assert record is not None
    return dict(record)


async def sent(resources: Resources, caller: Caller = ANNA) -> list[JobResource]:
    """Return the jobs that deliver, oldest first."""
    page = await resources.records.list(caller, JobFilter(limit=200, tag="handoff"))
    return page.data[::-1]


async def deliveries(resources: Resources) -> list[tuple[UUID, UUID]]:
    """Return what is on its way to webhooks: which entry to which webhook."""
    found = await resources.db.fetch("SELECT subject_id, webhook_id FROM deliveries ORDER BY id")
    return [tuple(record) for record in found]


async def turn_back(resources: Resources, seconds: float) -> None:
    """Let time pass for all entries and for all users that were sent a message."""
    await resources.db.fetch(
        "UPDATE inbox SET created_at = created_at - make_interval(secs => $1), "
        "handoff_at = handoff_at - make_interval(secs => $1)",
        seconds,
    )
    await resources.db.fetch(
        "UPDATE preferences SET handed_off_at = handed_off_at - make_interval(secs => $1)", seconds
    )
