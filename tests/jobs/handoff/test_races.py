"""Many workers, devices that answer at the last moment, and workers that die in between."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from jobs import store
from jobs.db import Statements, Transaction
from jobs.errors import Unavailable
from jobs.handoff import Sweep
from jobs.handoff import sweep as sweep_module
from jobs.ids import uuid7
from jobs.preferences import Wishes
from jobs.resources import Resources
from realtime.caller import Caller
from tests.jobs.conftest import ANNA
from tests.jobs.handoff.scene import (
    BOTH,
    MAIL,
    deliveries,
    entry,
    hook,
    passes,
    sent,
    sweep_of,
    told,
    turn_back,
    wishes,
)


async def test_five_workers_at_once_hand_each_entry_off_once(resources: Resources) -> None:
    callers = [Caller(f"user{n}", f"org{n % 3}", ANNA.scopes) for n in range(12)]
    for caller in callers:
        await wishes(resources, BOTH, caller)
        await hook(resources, caller)
    made = {
        (caller.org, caller.user): [await told(resources, caller=caller) for _ in range(5)]
        for caller in callers
    }

    await asyncio.gather(*(passes(sweep_of(resources)) for _ in range(5)))
    await passes(sweep_of(resources))

    for caller in callers:
        jobs = await sent(resources, caller)
        ids = [str(ident) for ident in made[caller.org, caller.user]]
        assert sorted(job.kind for job in jobs) == ["email_delivery", "sms_delivery"]
        assert [job.args["inbox_ids"] for job in jobs] == [ids, ids]
    hooked = await deliveries(resources)
    assert len(hooked) == len(set(hooked)) == 60


async def test_an_acknowledgement_that_comes_first_ends_the_hand_off(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, BOTH)
    await hook(resources)
    made = await told(resources)

    async with resources.db.pool.acquire() as connection, connection.transaction():
        await connection.fetch(store.inbox.ACK, "acme", "anna", 100, 100)
        looked_at = await passes(sweep)  # it does not wait for who is just acknowledging
    await passes(sweep)

    row = await entry(resources, made)
    assert (looked_at, row["handed_off"], row["acked_at"] is not None) == (0, None, True)
    assert (await sent(resources), await deliveries(resources)) == ([], [])


async def test_an_acknowledgement_that_comes_second_is_kept_beside_the_hand_off(
    resources: Resources, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wishes(resources, MAIL)
    made = await told(resources)
    acknowledging: list[asyncio.Task[Any]] = []

    async def overtaken(db: Statements, jobs: Any) -> Any:
        acknowledging.append(asyncio.create_task(resources.inbox.acknowledge(ANNA, 1)))
        await blocked(resources)
        return await store.accept(db, jobs)

    monkeypatch.setattr(sweep_module, "store", patched(accept=overtaken))
    await passes(sweep)
    result = await acknowledging[0]

    row, [mail] = await entry(resources, made), await sent(resources)
    assert (result.acked, row["handed_off"]) == (1, {"email": f"job:{mail.id}"})
    assert (row["acked_at"] is not None, row["handoff_at"]) == (True, None)


async def blocked(resources: Resources) -> None:
    """Wait until somebody waits for a lock."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(5):
        while not await resources.db.pool.fetchval(sql):
            pass


def patched(**replaced: Any) -> Any:
    """Return the store with some of its functions replaced."""
    names = {name: getattr(store, name) for name in store.__all__}
    return type("Patched", (), {n: staticmethod(f) for n, f in {**names, **replaced}.items()})


def killed(at: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Return ``at`` in a process whose connection is killed right before or ``after`` it."""

    async def dying(db: Statements, *args: Any) -> Any:
        if after:
            await at(db, *args)
        assert isinstance(db, Transaction)
        await db.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    return dying


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["accept", "hook_unseen", "move_unseen", "note_handed_off"])
async def test_a_worker_killed_between_claim_and_commit_leaves_the_entry_to_others(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    await wishes(resources, BOTH)
    await hook(resources)
    made = await told(resources)
    dying = killed(getattr(store, name), after=after)
    monkeypatch.setattr(sweep_module, "store", patched(**{name: dying}))
    with pytest.raises(Unavailable):
        await sweep_of(resources).hand_off()
    monkeypatch.undo()
    left = (await sent(resources), await deliveries(resources))

    await passes(sweep_of(resources))

    assert left == ([], [])
    assert (len(await sent(resources)), len(await deliveries(resources))) == (2, 1)
    assert set((await entry(resources, made))["handed_off"]) == {"email", "sms", "webhook"}


async def test_a_worker_killed_after_the_commit_has_handed_off(
    resources: Resources, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    await wishes(resources, MAIL)
    await told(resources)
    monkeypatch.setattr(resources.announcer, "announce", die)
    with pytest.raises(asyncio.CancelledError):
        await sweep.hand_off()
    monkeypatch.undo()

    await passes(sweep_of(resources))

    assert [job.state for job in await sent(resources)] == ["queued"]


async def test_an_entry_the_database_refuses_to_tell_holds_up_nobody_else(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wishes(resources, MAIL)
    spoiled = await told(resources, age=timedelta(minutes=20))
    callers = [Caller(f"user{n}", "acme", ANNA.scopes) for n in range(3)]
    for caller in callers:
        await wishes(resources, MAIL, caller)
        await told(resources, caller=caller)

    async def refusing(db: Statements, jobs: Any) -> Any:
        if any(str(spoiled) in job.args["inbox_ids"] for job in jobs):
            await db.fetch("SELECT 'no number'::text::int")
        return await store.accept(db, jobs)

    monkeypatch.setattr(sweep_module, "store", patched(accept=refusing))
    looked_at = await passes(sweep_of(resources))

    row = await entry(resources, spoiled)
    assert (row["handoff_at"], row["handed_off"], looked_at) == (None, None, 3)
    assert [len(await sent(resources, caller)) for caller in callers] == [1, 1, 1]


async def test_a_claim_that_is_refused_itself_is_left_to_supervision(
    resources: Resources, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing(*_: object) -> Any:
        raise asyncpg.DataError

    await wishes(resources, MAIL)
    await told(resources)
    monkeypatch.setattr(sweep_module, "store", patched(claim_unseen=refusing))

    with pytest.raises(asyncpg.DataError):
        await sweep.hand_off()


async def test_everybody_at_once_for_one_user_ends_well(resources: Resources) -> None:
    """Acknowledging, reading, new entries, new wishes and sweeps: no deadlock, nothing twice."""
    await wishes(resources, BOTH)
    await hook(resources)
    made = [await told(resources) for _ in range(40)]

    async def act(number: int) -> None:
        match number % 5:
            case 0:
                await resources.inbox.acknowledge(ANNA, number)
            case 1:
                await resources.inbox.read(ANNA, made[number : number + 2])
            case 2:
                await wishes(resources, BOTH)
            case 3:
                made.append(await told(resources))
            case _:
                await sweep_of(resources).hand_off()

    for first in range(0, 40, 5):  # one of each kind at once, as many as there are connections
        await asyncio.gather(*(act(number) for number in range(first, first + 5)))
    await turn_back(resources, 3600)
    await passes(sweep_of(resources))
    await turn_back(resources, 3600)
    await passes(sweep_of(resources))

    told_by_mail = [
        ident
        for job in await sent(resources)
        if job.kind == "email_delivery"
        for ident in job.args["inbox_ids"]
    ]
    rows = [await entry(resources, ident) for ident in made]
    handed = {str(row["id"]) for row in rows if "email" in (row["handed_off"] or {})}
    assert len(told_by_mail) == len(set(told_by_mail))
    assert set(told_by_mail) == handed
    assert all(row["handoff_at"] is None for row in rows)
    assert all(row["acked_at"] or row["handed_off"] for row in rows)


async def test_a_users_first_wishes_count_from_then_on(resources: Resources, sweep: Sweep) -> None:
    early = await told(resources)
    await wishes(resources, MAIL)
    late = await told(resources)
    await wishes(resources, Wishes(email="new@example.com", email_opt_in=True))

    await passes(sweep)

    [mail] = await sent(resources)
    assert (mail.args["to"], mail.args["inbox_ids"]) == ("new@example.com", [str(late)])
    assert (await entry(resources, early))["handed_off"] is None


async def test_a_user_without_wishes_does_not_hold_up_who_has_some(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, MAIL)
    mine = await told(resources)
    await resources.db.fetch(
        "INSERT INTO inbox (id, org_id, user_id, name, change_seq, handoff_at) "
        "VALUES ($1, 'x', 'y', 'job.failed', 1, now() - interval '1 hour')",
        uuid7(),
    )

    await passes(sweep)

    assert [job.args["inbox_ids"] for job in await sent(resources)] == [[str(mine)]]
