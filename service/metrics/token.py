"""Who may read figures: whoever brings METRICS_TOKEN, on a web process's address and on a worker's port."""

import hmac

from jobs.settings import JobsSettings


def may_read(authorization: str, settings: JobsSettings) -> bool:
    """Return whether that is the Authorization header of who may; anybody may where no token is set."""
    wanted = settings.metrics_token.get_secret_value()
    scheme, _, given = authorization.partition(" ")
    right = hmac.compare_digest(given.strip().encode(), wanted.encode())
    return not wanted or (scheme.lower() == "bearer" and right)
