"""Testing processors without servers: one job by ``run``, a whole flow on a ``Bench``.

What an attempt comes to is decided by the product's own executor; only the record, the clock and what
is outside are played. docs/testing.md shows how to use it, and what it does not play.

Reading order: ``single`` and ``bench`` (what a test calls) · ``job`` (what it looks at) · ``engine``
(how jobs live) · ``context`` (a processor's hands) · ``world``, ``record``, ``kept``, ``said``
(what is remembered) · ``uploads``, ``sessions``, ``absent`` (what is outside) · ``clock``, ``loop``,
``stage``, ``bell`` (fake time).
"""

from jobs.testing.absent import NotOnTheBench
from jobs.testing.bench import Bench, Stuck
from jobs.testing.clock import Clock
from jobs.testing.job import Job
from jobs.testing.record import Event
from jobs.testing.said import Line, Notification, Progress
from jobs.testing.sessions import sessions
from jobs.testing.single import run

__all__ = [
    "Bench",
    "Clock",
    "Event",
    "Job",
    "Line",
    "NotOnTheBench",
    "Notification",
    "Progress",
    "Stuck",
    "run",
    "sessions",
]
