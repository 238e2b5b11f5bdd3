"""The front of the connections: what their owners may do with them. For others they do not exist."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jobs import store
from jobs.audit import Action, Deed, recorded
from jobs.connections.resource import ConnectionPage, ConnectionResource, Wanted
from jobs.db import Database
from jobs.errors import ConnectionsFull, InvalidConnection, InvalidWebhook, NotFound
from jobs.found import found
from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow
from jobs.place import Place
from jobs.providers.oauth2 import GOOGLE_TOKENS
from jobs.settings import JobsSettings
from jobs.store import NewConnection
from jobs.vault import Vault
from jobs.webhooks.address import checked
from realtime.caller import Caller

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
KNOWN_TOKENS = {"google": GOOGLE_TOKENS}
URLS = ("base_url", "token_url")


class Connections:
    """Keeps connections. What they are good for is the processors' business."""

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._private_hosts = settings.private_hosts
        self._most = settings.max_connections_kept
        self._vault = Vault(settings)
        self._db = db

    async def create(self, caller: Caller, wanted: Wanted) -> ConnectionResource:
        """Keep a connection, its credentials sealed. Raises InvalidConnection, ConnectionsFull."""
        ident = uuid7()
        base, token = self._url("base_url", wanted.base_url), wanted.token_url
        if not token and "refresh_token" in wanted.credentials:
            token = base.rstrip("/") + TOKEN_PATH if base else KNOWN_TOKENS.get(wanted.provider, "")
        new = NewConnection(
            id=ident,
            org_id=caller.org,
            user_id=caller.user,
            provider=wanted.provider,
            name=wanted.name,
            base_url=base,
            token_url=self._url("token_url", token),
            account=wanted.account,
            credentials=self._vault.close(ident, wanted.credentials),
            holds=sorted(wanted.credentials),
            expires_at=wanted.expires_at,
        )
        if "refresh_token" in wanted.credentials and not new.token_url:
            raise InvalidConnection("/token_url", "a refresh token needs token_url or base_url")
        row = await recorded(
            self._db,
            caller,
            lambda tx: store.add_connection(tx, new, self._most),
            lambda row: deed_on(row, "connection.create"),
        )
        if row is None:
            raise ConnectionsFull(self._most)
        return ConnectionResource.of(row)

    async def list(
        self, caller: Caller, provider: str | None, after: str | None, limit: int
    ) -> ConnectionPage:
        """Return a page of the caller's connections, newest first. Raises BadCursor."""
        behind = Place.behind(after)
        rows = await store.list_connections(self._db, own(caller), provider, behind, limit + 1)
        return ConnectionPage.cut(rows, limit, ConnectionResource.of)

    async def get(self, caller: Caller, ident: UUID) -> ConnectionResource:
        """Return a connection. Raises NotFound."""
        return ConnectionResource.of(found(await self._find(caller, ident)))

    async def change(
        self, caller: Caller, ident: UUID, changes: Mapping[str, Any]
    ) -> ConnectionResource:
        """Change what is given; ``credentials`` replace the old ones and make it active again.

        Another address needs new credentials: else whoever may change a connection could have its
        credentials sent to a place of their own. Raises NotFound, InvalidConnection.
        """
        row, changes = found(await self._find(caller, ident)), dict(changes)
        for name in URLS:
            if name in changes:
                changes[name] = self._url(name, changes[name])
                if "credentials" not in changes and changes[name] != getattr(row, name):
                    raise InvalidConnection(f"/{name}", "another address needs new credentials")
        if "credentials" in changes:
            credentials = changes["credentials"]
            changes["credentials"] = self._vault.close(ident, credentials)
            changes["holds"] = sorted(credentials)
            if "refresh_token" in credentials and not changes.get("token_url", row.token_url):
                raise InvalidConnection("/token_url", "a refresh token needs token_url")
        changed = await recorded(
            self._db,
            caller,
            lambda tx: store.change_connection(tx, own(caller), ident, changes),
            lambda row: deed_on(row, "connection.change", sorted(changes)),
        )
        return ConnectionResource.of(found(changed))

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Remove a connection with its credentials. Raises NotFound."""
        if not await recorded(
            self._db,
            caller,
            lambda tx: store.delete_connection(tx, own(caller), ident),
            lambda _: Deed("connection.delete", f"connection:{ident}"),
        ):
            raise NotFound

    async def _find(self, caller: Caller, ident: UUID) -> ConnectionRow | None:
        return await store.read_connection(self._db, own(caller), ident)

    def _url(self, name: str, url: str) -> str:
        """Return a URL in the form it is kept. Raises InvalidConnection for one never to be called."""
        try:
            return checked(url, self._private_hosts) if url else ""
        except InvalidWebhook as error:
            raise InvalidConnection(f"/{name}", str(error).rstrip(".")) from error


def deed_on(row: ConnectionRow | None, action: Action, changed: Sequence[str] = ()) -> Deed | None:
    """Return what the audit log keeps of a connection that was made or changed."""
    if row is None:
        return None
    what = {"changed": changed} if changed else {}
    detail = {"provider": row.provider, "name": row.name, "status": row.status, **what}
    return Deed(action, f"connection:{row.id}", detail)


def own(caller: Caller) -> tuple[str, str]:
    """Return whose connections the caller's are."""
    return caller.org, caller.user
