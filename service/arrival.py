"""Where a request came from, noted for the audit log before anything is done for it."""

from starlette.types import Scope

from jobs.audit import arrive


def note_origin(scope: Scope) -> None:
    """Note which request, and which address, the orders of the running task come from."""
    client = scope.get("client")
    arrive(scope.get("request_id", ""), client[0] if client else None)
