"""The audit log as operators and an org's own readers see it, and the entries nobody stands behind."""

import getpass
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import Field

from jobs import store
from jobs.audit.recording import Deed, entry
from jobs.db import Database, Statements
from jobs.errors import Unavailable
from jobs.ids import as_uuid
from jobs.page import Page
from jobs.resource import Resource
from jobs.store import AuditFilter, AuditRow
from realtime.caller import Caller
from realtime.errors import BadCursor

REFUSED_A_MINUTE = 60
REFUSED_OF_AN_ADDRESS = 5
OPERATOR = "operator"


class AuditEntryResource(Resource):
    """One thing that somebody did."""

    id: UUID
    at: datetime
    action: str
    subject: str = Field(description="`job:<id>`, `queue:default`, `key:<id>` and the like")
    actor: str | None = Field(
        description="Who did it; `operator` for one of another org, null where nobody was recognised"
    )
    org: str | None = Field(description="Whose thing it was about; null for what is no org's")
    via: str = Field(description="`bearer`, `key:<id>`, `session:<id>`, `ticket`, `command`")
    detail: dict[str, Any]
    request_id: str | None
    address: str | None

    @classmethod
    def of(cls, row: AuditRow, *, everything: bool) -> "AuditEntryResource":
        """Return an entry; who of another org did it, and from where, is for operators only."""
        given: dict[str, Any] = {name: getattr(row, name, None) for name in cls.model_fields}
        given["org"] = row.org_id
        if not everything and row.actor_org != row.org_id:
            given |= {"actor": OPERATOR, "via": OPERATOR, "request_id": None, "address": None}
        return cls(**given)


class AuditPage(Page[AuditEntryResource]):
    """Some entries, newest first."""


class AuditLog:
    """Reads the log for one caller at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, wanted: AuditFilter, after: str | None) -> AuditPage:
        """Return a page of what was done to the caller's org; for operators, of everything.

        Raises BadCursor.
        """
        everything = caller.may("admin")
        own = None if everything else caller.org
        within = replace(
            wanted,
            org=own or wanted.org,
            actor_org=own if wanted.actor else None,  # or names of operators could be guessed
            before=behind(after),
            limit=wanted.limit + 1,
        )
        rows = await store.list_audit(self._db, within)
        of = partial(AuditEntryResource.of, everything=everything)
        return AuditPage.cut(rows, wanted.limit, of, lambda row: row.id)

    async def refuse(self, reason: str) -> None:
        """Note that somebody's token was not taken for signing in; a bounded number of times a minute."""
        deed = Deed("session.refuse", "session", {"reason": reason}, org=None)
        with suppress(Unavailable):  # the refusal itself stands, whatever can be written down
            await store.add_refused(
                self._db, entry(None, deed), REFUSED_A_MINUTE, REFUSED_OF_AN_ADDRESS
            )


def behind(cursor: str | None) -> UUID | None:
    """Return the entry a page begins behind, None for the first page. Raises BadCursor."""
    if not cursor:
        return None
    if (ident := as_uuid(cursor)) is None:
        raise BadCursor
    return ident


async def record_command(db: Statements, deed: Deed) -> None:
    """Keep that a command on the server's own machine did it; its user is who the machine says."""
    new = replace(entry(None, deed), actor=user_of_machine(), via="command")
    await store.add_audit(db, new)


def user_of_machine() -> str:
    """Return who runs this process, ``unknown`` where the machine has no name for them."""
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return "unknown"
