"""The two processes that serve, ``web`` and ``worker``: each loads its own part and nothing else.

They live for weeks, so the command line, its colours and tables (10 MB) stay outside; and a command that
only talks to a server goes without theirs.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

TROUBLE = 2
INTERRUPTED = 130


def web() -> None:
    """Serve API, event streams and dashboard on HOST and PORT."""
    from service.server import run  # noqa: PLC0415 - each process loads only its own part
    from service.settings import ServiceSettings  # noqa: PLC0415

    run(ServiceSettings())


def worker() -> None:
    """Run jobs until told to stop; unfinished ones are given back."""
    from jobs.settings import JobsSettings  # noqa: PLC0415 - each process loads only its own part
    from jobs.worker_process import run  # noqa: PLC0415

    settings = JobsSettings()
    if not settings.worker_health_port:
        run(settings)
        return
    from service.worker_port import worker_port  # noqa: PLC0415 - most workers have none

    run(settings, worker_port)


def worker_check() -> None:
    """Exit with 0 if a worker lives on this host, else with 1."""
    from jobs.settings import JobsSettings  # noqa: PLC0415 - only its own part
    from service.worker_check import check  # noqa: PLC0415

    sys.exit(check(JobsSettings()))


def web_check() -> None:
    """Exit with 0 if the web process of this host answers, else with 1."""
    from service.settings import ServiceSettings  # noqa: PLC0415 - only its own part
    from service.web_check import check  # noqa: PLC0415

    sys.exit(check(ServiceSettings()))


SERVERS: dict[str, Callable[[], None]] = {"web": web, "worker": worker}
CHECKS: dict[str, Callable[[], None]] = {"web --check": web_check, "worker --check": worker_check}


def serve(name: str) -> None:
    """Run ``web``, ``worker`` or one's ``--check``; expected trouble ends it with one sentence.

    Exits with 2 for trouble and 130 for Ctrl-C, as every command does.
    """
    try:
        (SERVERS | CHECKS)[name]()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        told = expected(error)
        if told is None:
            raise
        sys.stderr.write(f"{told}\n")
        sys.exit(TROUBLE)


def expected(error: Exception) -> str | None:
    """Return the sentence for what can be expected to go wrong here; None for a bug."""
    from pydantic import ValidationError  # noqa: PLC0415 - only when something is wrong

    from jobs.errors import JobError  # noqa: PLC0415
    from service.settings import ConfigurationError  # noqa: PLC0415

    if isinstance(error, ValidationError):
        return misread(error)
    return str(error) if isinstance(error, JobError | ConfigurationError) else None


def misread(error: "ValidationError") -> str:
    """Return which settings cannot be read, without their values."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'_'.join(map(str, e['loc'])).upper() or 'settings'}: {e['msg']}" for e in faults]
    return "; ".join(named)
