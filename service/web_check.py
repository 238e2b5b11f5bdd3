"""Whether the web process lives: for a container's health check, without curl or a shell."""

import sys

from service.settings import ServiceSettings
from service.worker_check import unanswered


def check(settings: ServiceSettings) -> int:
    """Return 0 if it answers on HOST and PORT, whatever it depends on; else 1, after a sentence."""
    wrong = unanswered("web process", settings.host, settings.port)
    if wrong is None:
        return 0
    sys.stderr.write(f"{wrong}\n")
    return 1
