"""What a platform needs of a connection."""

from collections.abc import Mapping

from jobs.errors import Discard
from jobs.kept.connections import ConnectionRow


def needed(row: ConnectionRow, credentials: Mapping[str, str], name: str) -> str:
    """Return one of a connection's credentials. Raises Discard when it lacks that, or an address."""
    if not row.base_url:
        raise Discard(f"The connection {row.name} has no base_url.", code="incomplete_connection")
    if not credentials.get(name):
        raise Discard(f"The connection {row.name} holds no {name}.", code="incomplete_connection")
    return credentials[name]
