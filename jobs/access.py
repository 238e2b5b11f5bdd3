"""API keys and browser sessions: made, recognised, ended. Others' do not exist."""

import hashlib
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from pydantic import Field

from jobs import store
from jobs.audit import Action, Deed, record, recorded
from jobs.db import Database, Statements
from jobs.errors import ScopeNotHeld, TooManyKeys, Unavailable
from jobs.found import found
from jobs.resource import Resource
from jobs.settings import JobsSettings
from jobs.store import KeyRow, NewKey, Owner
from realtime.caller import Caller
from realtime.revocations import Revocation

ScopeName = Literal[
    "jobs:read",
    "jobs:write",
    "schedules:write",
    "webhooks:write",
    "keys:write",
    "org:read",
    "admin",
]
SCOPES: tuple[str, ...] = get_args(ScopeName)
KEY_PREFIX = "jc_"
KEY = re.compile(r"jc_[0-9a-f]{64}")
HINT_LENGTH = 11
BELIEVED_SECONDS = 0.5
MOST_BELIEVED = 1_000
USE_NOTED = timedelta(minutes=1)
REVOCATION_KEPT = timedelta(days=1)  # no session or connection lives longer


class KeyResource(Resource):
    """An API key. The key itself is shown only when it is made."""

    id: UUID
    name: str
    scopes: list[str]
    hint: str = Field(description="How the key begins")
    made_by: UUID | None = Field(description="The key that made it, if one did")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")

    @classmethod
    def of(cls, row: KeyRow) -> "KeyResource":
        """Return ``row`` as its owner sees it."""
        return cls(**{name: getattr(row, name) for name in KeyResource.model_fields})


class KeyWithSecret(KeyResource):
    """An API key and, this once, its text."""

    key: str = Field(repr=False, description="`jc_…`, a Bearer token. It is not shown again")


class KeyList(Resource):
    """All of a user's keys, newest first."""

    data: list[KeyResource]


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key somebody asks for; without ``expires_in`` it is good until it is revoked."""

    scopes: frozenset[str]
    name: str = ""
    expires_in: timedelta | None = None


class Access:
    """Keeps keys and sessions. What it says to be revoked, ``Revocations`` makes hold everywhere.

    A key is 256 random bits, so there is nothing to guess and a slow password hash would only cost
    every request: its plain SHA-256 is kept. Looking that up takes no longer for a key that is nearly
    right, since nobody can choose how a digest begins.
    """

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._most = settings.max_keys
        self._db = db
        self._believed: dict[bytes, tuple[Caller, float]] = {}

    async def make_key(self, caller: Caller, wanted: WantedKey) -> KeyWithSecret:
        """Make a key that may do no more than its maker. Raises ScopeNotHeld, TooManyKeys.

        A key that a key makes, or a browser signed in with one, ends no later than that one.
        """
        for scope in sorted(wanted.scopes):
            if not caller.may(scope):
                raise ScopeNotHeld(scope)
        text = KEY_PREFIX + secrets.token_hex(32)
        maker, latest = await self._key_behind(caller)
        new = NewKey(
            org_id=caller.org,
            user_id=caller.user,
            name=wanted.name,
            scopes=sorted(wanted.scopes),
            hint=text[:HINT_LENGTH],
            digest=digest_of(text),
            made_by=maker,
            expires_at=end_of(wanted.expires_in, latest),
        )
        row = await recorded(
            self._db,
            caller,
            lambda tx: store.add_key(tx, new, self._most),
            lambda row: key_deed("key.create", row) if row else None,
        )
        if row is None:
            raise TooManyKeys(self._most)
        return KeyWithSecret(**KeyResource.of(row).model_dump(), key=text)

    async def keys(self, caller: Caller) -> KeyList:
        """Return the caller's keys, newest first."""
        rows = await store.list_keys(self._db, caller.org, caller.user)
        return KeyList(data=[KeyResource.of(row) for row in rows])

    async def revoke_key(self, caller: Caller, ident: UUID) -> list[Revocation]:
        """Remove a key and end the sessions opened with it. Raises NotFound."""

        async def revoke(tx: Statements) -> list[Revocation]:
            row = found(await store.lock_key(tx, Owner.writing(caller), ident))
            await record(tx, caller, key_deed("key.revoke", row))
            return await store.revoke_key(tx, ident, REVOCATION_KEPT)

        return await self._db.in_transaction(revoke)

    async def caller_of(self, text: str) -> Caller | None:
        """Return whom a key speaks for, None for what is no key. Raises Unavailable.

        A key is believed for half a second without asking again: ask the revocations as well.
        """
        if not KEY.fullmatch(text):
            return None
        digest = digest_of(text)
        caller, until = self._believed.get(digest, (None, 0.0))
        if caller is not None and until > time.monotonic():
            return caller
        row = await store.find_key(self._db, digest)
        if row is None:
            return None
        await self._note_use(row)
        return self._believe(digest, row)

    def knows(self, text: str) -> bool:
        """Return whether a key was good not long ago, whatever became of it since."""
        return digest_of(text) in self._believed

    async def open_session(self, caller: Caller, ident: UUID, ends: datetime) -> bool:
        """Note the session that ``caller`` opens; False when their key was revoked meanwhile."""
        who = (caller.org, caller.user)
        return await recorded(
            self._db,
            caller,
            lambda tx: store.open_session(tx, ident, who, key_id(caller), ends),
            lambda _: Deed("session.open", f"session:{ident}"),
        )

    async def end_session(self, caller: Caller, ident: UUID, ends: datetime) -> list[Revocation]:
        """Revoke the session of ``caller`` that would have ended at ``ends``."""
        return await recorded(
            self._db,
            caller,
            lambda tx: store.end_session(tx, ident, ends),
            lambda _: Deed("session.close", f"session:{ident}"),
        )

    async def end_sessions(self, caller: Caller) -> list[Revocation]:
        """Revoke every session the caller has open in this org."""
        return await recorded(
            self._db,
            caller,
            lambda tx: store.end_sessions(tx, caller.org, caller.user),
            lambda ended: Deed("session.close_all", f"user:{caller.user}", {"ended": len(ended)}),
        )

    async def revoked(self, age: timedelta) -> list[Revocation]:
        """Return what was revoked within ``age``."""
        return await store.new_revocations(self._db, age)

    async def _key_behind(self, caller: Caller) -> tuple[UUID | None, datetime | None]:
        """Return the key a caller, or their session, came with, and when it ends; None for neither."""
        kind, _, ident = caller.session.partition(":")
        if kind != "session":
            maker = key_id(caller)
            return maker, caller.expires_at if maker else None
        return await store.opener_of(self._db, UUID(ident)) or (None, None)

    async def _note_use(self, row: KeyRow) -> None:
        last = row.last_used_at
        if last is None or datetime.now(UTC) - last > USE_NOTED:
            with suppress(Unavailable):  # it is a courtesy
                await store.use_key(self._db, row.id, USE_NOTED)

    def _believe(self, digest: bytes, row: KeyRow) -> Caller:
        caller = Caller(
            row.user_id,
            row.org_id,
            frozenset(row.scopes),
            expires_at=row.expires_at,
            session=f"key:{row.id}",
        )
        if len(self._believed) >= MOST_BELIEVED:
            self._believed.clear()
        self._believed[digest] = (caller, time.monotonic() + BELIEVED_SECONDS)
        return caller


def key_deed(action: Action, row: KeyRow) -> Deed:
    """Return what the audit log keeps of a key that was made or revoked."""
    detail = {"name": row.name, "hint": row.hint, "scopes": row.scopes, "user": row.user_id}
    return Deed(action, f"key:{row.id}", detail, org=row.org_id)


def digest_of(text: str) -> bytes:
    """Return what is kept of a key."""
    return hashlib.sha256(text.encode()).digest()


def key_id(caller: Caller) -> UUID | None:
    """Return the key a caller came with, None for who came otherwise."""
    kind, _, ident = caller.session.partition(":")
    return UUID(ident) if kind == "key" else None


def end_of(lasting: timedelta | None, latest: datetime | None) -> datetime | None:
    """Return when a new key ends: what is asked for, but no later than the key that makes it."""
    ends = [datetime.now(UTC) + lasting] if lasting is not None else []
    if latest is not None:
        ends.append(latest)
    return min(ends, default=None)
