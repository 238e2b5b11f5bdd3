"""The credentials of connections: opened here only, and masked wherever they might be printed."""

from collections.abc import Mapping
from uuid import UUID

import orjson
from cryptography.fernet import InvalidToken

from jobs.errors import Discard, NotConfigured
from jobs.kept.connections import ConnectionRow
from jobs.sealing import Seal
from jobs.settings import JobsSettings

PURPOSE = "connections"
LOCKED = "The connection cannot be opened: SECRET_KEY is not the one it was sealed with."
REASONS = {"expired": "has expired", "revoked": "was revoked"}


class Credentials(dict[str, str]):
    """What a provider wants to see: access_token, refresh_token, client_id, client_secret, secret.

    Its text tells which there are, and what none of them is.
    """

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}=•••' for name in sorted(self))})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


class Vault:
    """Seals credentials and opens them. What was sealed for one connection opens for no other."""

    def __init__(self, settings: JobsSettings) -> None:
        self._configured = bool(settings.secret_key.get_secret_value().strip(", "))
        self._seal = Seal(settings.secret_key.get_secret_value(), PURPOSE)

    def close(self, ident: UUID, credentials: Mapping[str, str]) -> bytes:
        """Return ``credentials`` as they are kept with the connection ``ident``, by the newest key.

        Raises NotConfigured without SECRET_KEY.
        """
        self._check()
        return self._seal.close(orjson.dumps([str(ident), dict(credentials)]).decode())

    def open(self, row: ConnectionRow) -> Credentials:
        """Return a connection's credentials.

        Raises Discard when it is not active any more (``connection_expired``, ``connection_revoked``)
        or was sealed with another key (``locked``), NotConfigured without SECRET_KEY.
        """
        self._check()
        if row.status != "active":
            why = row.status_reason or f"It {REASONS[row.status]}."
            raise Discard(
                f"The connection {row.name} {REASONS[row.status]}: {why}",
                code=f"connection_{row.status}",
            )
        try:
            ident, credentials = orjson.loads(self._seal.open(row.credentials))
        except InvalidToken as error:
            raise Discard(LOCKED, code="locked") from error
        if ident != str(row.id):
            raise Discard(LOCKED, code="locked")
        return Credentials(credentials)

    def _check(self) -> None:
        if not self._configured:
            raise NotConfigured("SECRET_KEY")
