"""What a worker tells of itself with each heartbeat: how full it is, how fast, how late, how large.

Its histograms go along (one to three kB): whoever asks a web process for ``/metrics`` finds every worker
there, also where workers have no address, as on Heroku. That costs nothing per job, and no port.
"""

import time
from typing import Any

from jobs.attempts import Attempts
from jobs.footprint import footprint
from jobs.loop_lag import LoopLag
from realtime.instruments import all_figures

RECENT = 0.3


class Load:
    """Read by every heartbeat, kept in the worker's row, shown by ``/metrics`` and ``/api/queues``."""

    def __init__(self, attempts: Attempts) -> None:
        self.lag = LoopLag()
        self._attempts = attempts
        self._seen_at = time.monotonic()
        self._seen = 0
        self._per_second: float | None = None
        self.latest: dict[str, Any] = {}

    def figures(self) -> dict[str, Any]:
        """Return the figures as of now; the rate is of the time since the last call, smoothed.

        They stay as ``latest`` for whoever asks in between.
        """
        self._measure()
        taken = footprint()
        self.latest = {
            **self._attempts.figures,
            "ended": dict(self._attempts.ended),
            "ended_per_second": round(self._per_second or 0.0, 3),
            "loop_lag_seconds": round(self.lag.worst_seconds, 4),
            "memory_bytes": taken.memory_bytes,
            "cpu_seconds": round(taken.cpu_seconds, 2),
            "measures": all_figures(),
        }
        return self.latest

    def _measure(self) -> None:
        now, ended = time.monotonic(), self._attempts.ended.total()
        rate = (ended - self._seen) / max(now - self._seen_at, 0.001)
        before = rate if self._per_second is None else self._per_second
        self._per_second = before + RECENT * (rate - before)
        self._seen_at, self._seen = now, ended
