"""Keys and sessions in the record: what is kept, what is noted, and who wins a race."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from jobs import access, store
from jobs.access import WantedKey, key_id
from jobs.db import Statements
from jobs.errors import NotFound, ScopeNotHeld, Unavailable
from jobs.ids import uuid7
from jobs.models.tables import metadata
from jobs.resources import Resources
from jobs.upkeep import prune
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT
from tests.jobs.happenings import value

READ = WantedKey(frozenset({"jobs:read"}))
USED = "SELECT last_used_at FROM api_keys"
LATER = datetime.now(UTC) + timedelta(hours=1)
DAY = timedelta(days=1)


async def made(resources: Resources, wanted: WantedKey = READ) -> tuple[Caller, str]:
    """Make a key; return its caller and its text."""
    key = (await resources.access.make_key(ANNA, wanted)).key
    caller = await resources.access.caller_of(key)
    assert caller is not None
    return caller, key


async def test_of_a_key_only_its_digest_is_kept(resources: Resources) -> None:
    _, key = await made(resources)

    asked = [f"SELECT t::text FROM {table} t" for table in metadata.tables]  # noqa: S608 - our names
    rows = [str(await resources.db.fetch(question)) for question in asked]

    assert key.removeprefix("jc_")[8:] not in "".join(rows)
    assert await value(resources, "SELECT digest FROM api_keys") == sha256(key.encode()).digest()


async def test_a_key_and_its_text_look_like_nobody_elses(resources: Resources) -> None:
    keys = [(await resources.access.make_key(ANNA, READ)) for _ in range(20)]

    assert len({key.key for key in keys}) == 20
    assert len({key.hint for key in keys}) == 20
    assert "key" not in repr(keys[0]).split("hint")[1]


async def test_use_is_noted_at_most_once_a_minute(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BELIEVED_SECONDS", 0)
    _, key = await made(resources)
    first = await value(resources, USED)

    await asyncio.gather(*(resources.access.caller_of(key) for _ in range(20)))
    soon = await value(resources, USED)
    await resources.db.fetch("UPDATE api_keys SET last_used_at = now() - interval '2 minutes'")
    await asyncio.gather(*(resources.access.caller_of(key) for _ in range(20)))

    assert soon == first
    assert await value(resources, USED) > first


async def test_a_key_is_believed_for_a_moment_without_asking_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BELIEVED_SECONDS", 60)
    caller, key = await made(resources)
    await resources.db.fetch("DELETE FROM api_keys")

    assert await resources.access.caller_of(key) == caller
    assert await resources.access.caller_of("jc_" + "0" * 64) is None


async def test_what_has_not_the_shape_of_a_key_asks_nobody(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.db, "fetch", away)

    for text in ("", "jc_", "jc_xyz", "jc_" + "g" * 64, "jc_" + "0" * 65, "jc_" + "0" * 64 + "\n"):
        assert await resources.access.caller_of(text) is None
    with pytest.raises(Unavailable):
        await resources.access.caller_of("jc_" + "0" * 64)


async def away(sql: str, *args: object) -> list[object]:
    """Play a database that cannot be reached."""
    raise Unavailable


async def test_what_is_believed_is_bounded(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MOST_BELIEVED", 3)

    for _ in range(10):
        await made(resources)

    assert len(resources.access._believed) <= 3


async def test_only_the_owner_revokes_and_only_once(resources: Resources) -> None:
    caller, _ = await made(resources)
    ident = key_id(caller)
    assert ident is not None

    with pytest.raises(NotFound):
        await resources.access.revoke_key(BERT, ident)
    (revoked,) = await resources.access.revoke_key(ANNA, ident)
    with pytest.raises(NotFound):
        await resources.access.revoke_key(ANNA, ident)

    assert revoked.session == caller.session
    assert revoked in await resources.access.revoked(DAY)


async def test_a_maker_without_the_scope_makes_nothing(resources: Resources) -> None:
    with pytest.raises(ScopeNotHeld):
        await resources.access.make_key(ANNA, WantedKey(frozenset({"jobs:read", "admin"})))

    assert await value(resources, "SELECT count(*) FROM api_keys") == 0


async def test_a_session_opened_while_its_key_is_revoked_ends_with_it_or_never_begins(
    resources: Resources,
) -> None:
    for _ in range(20):
        caller, _ = await made(resources)
        ident, session = key_id(caller), uuid7()
        assert ident is not None

        opened, revoked = await asyncio.gather(
            resources.access.open_session(caller, session, LATER),
            resources.access.revoke_key(ANNA, ident),
        )

        assert opened == (f"session:{session}" in {one.session for one in revoked})
    assert await value(resources, "SELECT count(*) FROM sessions") == 0


async def test_revoking_waits_for_a_session_that_is_being_opened(resources: Resources) -> None:
    caller, _ = await made(resources)
    ident, session = key_id(caller), uuid7()
    assert ident is not None
    revoking: list[asyncio.Task[object]] = []

    async def slowly(transaction: Statements) -> None:
        who = (ANNA.org, ANNA.user)
        assert await store.open_session(transaction, session, who, ident, LATER)
        revoking.append(asyncio.create_task(resources.access.revoke_key(ANNA, ident)))
        while not await value(resources, "SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0)

    await resources.db.in_transaction(slowly)
    await revoking[0]

    known = {one.session for one in await resources.access.revoked(DAY)}
    assert known == {caller.session, f"session:{session}"}


async def test_ending_all_sessions_leaves_other_orgs_and_users_alone(resources: Resources) -> None:
    elsewhere = Caller("anna", "other", frozenset())
    sessions = {who: uuid7() for who in ("mine", "too", "elsewhere", "bert")}
    for who, caller in {"mine": ANNA, "too": ANNA, "elsewhere": elsewhere, "bert": BERT}.items():
        await resources.access.open_session(caller, sessions[who], LATER)

    ended = await resources.access.end_sessions(ANNA)

    assert {one.session for one in ended} == {f"session:{sessions[w]}" for w in ("mine", "too")}
    assert await resources.access.end_sessions(ANNA) == []


async def test_only_what_is_new_is_read_again(resources: Resources) -> None:
    old, new = uuid7(), uuid7()
    await resources.access.end_session(ANNA, old, LATER)
    await resources.db.fetch("UPDATE revocations SET revoked_at = now() - interval '1 minute'")
    await resources.access.end_session(ANNA, new, LATER)

    assert len(await resources.access.revoked(DAY)) == 2
    (seen,) = await resources.access.revoked(timedelta(seconds=30))
    assert seen.session == f"session:{new}"


async def test_upkeep_removes_what_has_expired_and_keeps_the_rest(resources: Resources) -> None:
    now = datetime.now(UTC)
    for ends in (now - 2 * DAY, now + DAY):
        await resources.access.end_session(ANNA, uuid7(), ends)
        await resources.access.open_session(ANNA, uuid7(), ends)
    await made(resources)
    await made(resources, WantedKey(READ.scopes, "", DAY))
    await made(resources, WantedKey(READ.scopes, "old", DAY))
    long_ago = now - resources.settings.job_retention - DAY
    await resources.db.fetch("UPDATE api_keys SET expires_at = $1 WHERE name = 'old'", long_ago)

    await prune(resources.db, resources.settings)

    assert await value(resources, "SELECT count(*) FROM revocations") == 1
    assert await value(resources, "SELECT count(*) FROM sessions") == 1
    assert await value(resources, "SELECT count(*) FROM api_keys") == 2
