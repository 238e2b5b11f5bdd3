"""The last resort of a shutdown: a thread that ends the process when the polite end does not come.

While a worker works nobody need watch it from inside: if its event loop hangs, its lease runs out, others
run its jobs again, and the check of its platform (``--check``, ``/healthz``) has it replaced.
"""

import os
import threading

import structlog

log = structlog.get_logger(__name__)


def start_watchdog(seconds: float) -> None:
    """End the process by force when the polite end takes longer: the lease does the rest."""
    timer = threading.Timer(seconds, end_by_force)
    timer.daemon = True
    timer.start()


def end_by_force() -> None:
    """Say that the polite end did not come, and end."""
    log.error("worker.ended_by_force")
    os._exit(1)
