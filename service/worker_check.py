"""Whether a worker lives on this host: for a container's health check, so quick and with an exit code."""

import asyncio
import http.client
import socket
import sys

from jobs import store
from jobs.db import open_database
from jobs.errors import Unavailable
from jobs.settings import JobsSettings

PATIENCE_SECONDS = 4.0
ANYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - compared, not bound


def check(settings: JobsSettings) -> int:
    """Return 0 if this host's worker lives, else 1, after a sentence on standard error.

    With WORKER_HEALTH_PORT the worker itself is asked; else the leases in Postgres.
    """
    wrong = by_port(settings) if settings.worker_health_port else asyncio.run(by_lease(settings))
    if wrong is None:
        return 0
    sys.stderr.write(f"{wrong}\n")
    return 1


def by_port(settings: JobsSettings) -> str | None:
    """Ask the worker; return what is wrong."""
    return unanswered("worker", settings.worker_health_host, settings.worker_health_port)


def unanswered(who: str, named: str, port: int) -> str | None:
    """Ask a process whether it lives, on the address it listens on; return what is wrong."""
    host = "127.0.0.1" if named in ANYWHERE else named
    asked = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
    try:
        asked.request("GET", "/healthz")
        status = asked.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"The {who} does not answer on port {port}: {error}."
    finally:
        asked.close()
    return None if status == http.client.OK else f"The {who} answers {status}."


async def by_lease(settings: JobsSettings) -> str | None:
    """Look for a lease of this host; return what is wrong."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), open_database(settings) as db:
            alive = await store.lives_on(db, socket.gethostname())
    except (Unavailable, TimeoutError):
        return "Postgres cannot be reached, so nobody can tell; set WORKER_HEALTH_PORT to ask the worker."
    return None if alive else "No worker of this host holds a lease."
