"""What a process that serves tells of itself, from its first line to its last."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs import tracing, troubles
from jobs.garbage import measured_garbage
from jobs.logs import configure_logging
from jobs.settings import JobsSettings


@contextmanager
def observed(settings: JobsSettings, service: str) -> Iterator[None]:
    """Tell for the time of the block; at its end what is left is sent, for a few seconds at most.

    ``service`` is "web" or "worker".
    """
    configure_logging(settings)
    tracing.start(settings, service)
    troubles.start(settings, service)
    try:
        with measured_garbage():
            yield
    finally:
        tracing.stop()
        troubles.stop()
