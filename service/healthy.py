"""Whether the process in this container is well: ``python -m service.healthy web`` or ``worker``.

What a container's health check runs, without curl or a shell. Exits with 0 or 1 and says why in a line.
A web process is well when it answers, whatever it depends on; a worker when its lease is renewed.
"""

import asyncio
import http.client
import socket
import sys
from collections.abc import Callable

import asyncpg

from jobs.db import LOST
from jobs.settings import JobsSettings

SECONDS = 4.0
HELD = """
SELECT EXISTS (SELECT FROM workers WHERE lease_until > now() AND starts_with(name, $1 || ':'))
"""


class Unwell(Exception):
    """The process is not well; the message says why."""


def web(settings: JobsSettings) -> None:
    """Ask the web process on PORT whether it lives. Raises Unwell."""
    from service.settings import ServiceSettings  # noqa: PLC0415 - a worker has no port

    asked = http.client.HTTPConnection("127.0.0.1", ServiceSettings().port, timeout=SECONDS)
    try:
        asked.request("GET", "/healthz")
        answer = asked.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise Unwell(f"no answer: {error}") from error
    finally:
        asked.close()
    if answer.status != http.client.OK:
        raise Unwell(f"it answers {answer.status}")


def worker(settings: JobsSettings) -> None:
    """See whether a worker on this host holds a lease. Raises Unwell."""
    try:
        held = asyncio.run(is_held(settings))
    except (*LOST, asyncpg.PostgresError) as error:
        raise Unwell(f"Postgres cannot be asked: {error}") from error
    if not held:
        raise Unwell("no worker on this host renews its lease")


async def is_held(settings: JobsSettings) -> bool:
    """Ask Postgres."""
    connection = await asyncpg.connect(settings.postgres_dsn, timeout=SECONDS)
    try:
        return bool(await connection.fetchval(HELD, socket.gethostname(), timeout=SECONDS))
    finally:
        connection.terminate()


CHECKS: dict[str, Callable[[JobsSettings], None]] = {"web": web, "worker": worker}


def main(arguments: list[str]) -> int:
    """Check what is named and return the exit code."""
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        sys.stderr.write("Say what to look at: python -m service.healthy web|worker\n")
        return 2
    try:
        CHECKS[arguments[0]](JobsSettings())
    except Unwell as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
