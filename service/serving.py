"""The two processes that serve, ``web`` and ``worker``: each loads its own part and nothing else.

They live for weeks, so the command line, its colours and tables (10 MB) stay outside.
"""

import sys
from collections.abc import Callable

from pydantic import ValidationError

from jobs.errors import JobError
from jobs.settings import JobsSettings
from service.settings import ConfigurationError, ServiceSettings

TROUBLE = 2
INTERRUPTED = 130


def web() -> None:
    """Serve API, event streams and dashboard on HOST and PORT."""
    from service.server import run  # noqa: PLC0415 - each process loads only its own part

    run(ServiceSettings())


def worker() -> None:
    """Run jobs until told to stop; unfinished ones are given back."""
    from jobs.worker import run  # noqa: PLC0415 - each process loads only its own part

    run(JobsSettings())


SERVERS: dict[str, Callable[[], None]] = {"web": web, "worker": worker}


def serve(name: str) -> None:
    """Run ``web`` or ``worker``; what can be expected to go wrong ends it with one sentence.

    Exits with 2 for trouble and 130 for Ctrl-C, as every command does.
    """
    try:
        SERVERS[name]()
    except (JobError, ConfigurationError) as error:
        sys.exit(refused(str(error)))
    except ValidationError as error:
        sys.exit(refused(misread(error)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def refused(told: str) -> int:
    """Say why there is no start, and return the exit code."""
    sys.stderr.write(f"{told}\n")
    return TROUBLE


def misread(error: ValidationError) -> str:
    """Return which settings cannot be read, without their values."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'_'.join(map(str, e['loc'])).upper() or 'settings'}: {e['msg']}" for e in faults]
    return "; ".join(named)
