"""This web process: its connections, its submissions, what it takes of the machine."""

from collections.abc import Iterator

from jobs.footprint import footprint
from jobs.loop_lag import LoopLag
from jobs.resources import Resources
from realtime.bundle import Realtime
from service.metrics.families import Family, counter, gauge


def process_families(resources: Resources, realtime: Realtime, lag: LoopLag) -> Iterator[Family]:
    """Yield what is known without asking anybody."""
    yield from connection_families(realtime)
    yield from submission_families(resources)
    yield from footprint_families(lag)


def connection_families(realtime: Realtime) -> Iterator[Family]:
    """Yield who listens."""
    yield gauge(
        "jobcast_connections",
        "Open sockets, streams and long polls of this process.",
        len(realtime.connections),
    )
    yield gauge(
        "jobcast_connections_max",
        "How many there may be (MAX_CONNECTIONS).",
        realtime.settings.max_connections,
    )
    yield gauge(
        "jobcast_realtime_degraded",
        "1 while changes reach listeners late: Redis or Postgres is away.",
        realtime.hub.degraded,
    )
    channels, subscribers, reached = realtime.hub.figures
    yield gauge("jobcast_channels", "Channels somebody of this process listens to.", channels)
    yield gauge(
        "jobcast_subscribers", "Connections, and requests that wait, that listen.", subscribers
    )
    yield gauge("jobcast_redis_heard", "1 while this process hears Redis' pub/sub.", reached)


def submission_families(resources: Resources) -> Iterator[Family]:
    """Yield how submissions share commits."""
    accepting = resources.acceptance.accepting
    yield counter(
        "jobcast_submissions_total",
        "Submissions brought to Postgres one by one.",
        accepting.carried,
    )
    yield counter(
        "jobcast_submission_commits_total", "Commits that carried them.", accepting.flushes
    )
    yield gauge(
        "jobcast_submissions_waiting", "Submissions that wait for a commit.", accepting.waiting
    )


def footprint_families(lag: LoopLag) -> Iterator[Family]:
    """Yield what the process takes, by Prometheus' usual names."""
    taken = footprint()
    yield gauge(
        "jobcast_loop_lag_seconds", "Longest delay of the event loop in 15 s.", lag.worst_seconds
    )
    yield gauge("process_resident_memory_bytes", "Resident memory.", taken.memory_bytes)
    yield counter("process_cpu_seconds_total", "CPU time.", taken.cpu_seconds)
    if taken.open_files:
        yield gauge("process_open_fds", "Open files and sockets.", taken.open_files)
