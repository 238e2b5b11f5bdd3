"""The work as every web process sees it: what waits, who works, how many should."""

from collections.abc import Iterator, Sequence

from jobs.signals import Picture
from jobs.store import WorkerLoad
from service.metrics.families import Family, Sample, counter, gauge

OF_A_WORKER: tuple[tuple[str, str, str], ...] = (
    ("slots", "slots", "Attempts that the worker can run at once."),
    ("busy", "busy", "Slots of the worker that are taken."),
    ("running", "attempts", "Attempts on the worker, those that wait for others included."),
    ("mean_seconds", "attempt_mean_seconds", "Mean time of an attempt, the latest ones first."),
    ("loop_lag_seconds", "loop_lag_seconds", "Longest delay of the worker's event loop in 15 s."),
    ("memory_bytes", "resident_memory_bytes", "Resident memory of the worker."),
)


def work_families(picture: Picture) -> Iterator[Family]:
    """Yield what can be told of queues and workers."""
    yield from queue_families(picture)
    yield from demand_families(picture)
    yield from worker_families(picture.workers)


def queue_families(picture: Picture) -> Iterator[Family]:
    """Yield what waits and runs in each queue."""
    yield gauge(
        "jobcast_jobs",
        "Unfinished jobs by queue and state; queued ones may start, held ones wait for a limit.",
        (Sample(s.jobs, {"queue": s.queue, "state": s.state}) for s in picture.standings),
    )
    yield gauge(
        "jobcast_jobs_estimated",
        "1 where more jobs wait than are counted, so that jobcast_jobs is an estimate.",
        (
            Sample(s.estimated, {"queue": s.queue, "state": s.state})
            for s in picture.standings
            if s.oldest_seconds is not None
        ),
    )
    yield gauge(
        "jobcast_queue_oldest_seconds",
        "How long the oldest job of the queue has waited, by state.",
        (
            Sample(s.oldest_seconds, {"queue": s.queue, "state": s.state})
            for s in picture.standings
            if s.oldest_seconds is not None
        ),
    )
    yield gauge(
        "jobcast_queue_paused",
        "1 for each paused queue.",
        (Sample(1, {"queue": name}) for name in sorted(picture.paused)),
    )


def demand_families(picture: Picture) -> Iterator[Family]:
    """Yield what an autoscaler goes by."""
    yield gauge("jobcast_ready_jobs", "Jobs that could start now, had workers room.", picture.ready)
    yield gauge(
        "jobcast_lag_seconds", "How long the oldest of them has waited.", picture.lag_seconds
    )
    if picture.drain_seconds is not None:
        text = "How long the live workers need for them."
        yield gauge("jobcast_drain_seconds", text, picture.drain_seconds)
    yield gauge("jobcast_workers", "Workers that hold a lease.", len(picture.workers))
    yield gauge(
        "jobcast_workers_wanted",
        "Workers that would work off what is ready within BACKLOG_SECONDS; at least 1.",
        picture.wanted_workers,
    )
    yield gauge("jobcast_slots", "Attempts that all workers can run at once.", picture.slots)
    yield gauge("jobcast_slots_busy", "Slots of all workers that are taken.", picture.busy)
    yield gauge(
        "jobcast_utilisation_ratio", "Share of the slots that is taken.", picture.utilisation
    )
    yield gauge(
        "jobcast_attempts_ended_per_second",
        "Attempts that end on all workers, per second.",
        picture.ended_per_second,
    )


def worker_families(workers: Sequence[WorkerLoad]) -> Iterator[Family]:
    """Yield what each worker tells of itself."""
    for key, name, text in OF_A_WORKER:
        values = (sample(worker, key) for worker in workers if key in worker.info)
        yield gauge(f"jobcast_worker_{name}", text, values)
    yield gauge(
        "jobcast_worker_info",
        "1 for each worker, with the version of its code: during a deploy there are two.",
        (
            Sample(1, {"worker": w.name, "version": w.info.get("version", "unknown")})
            for w in workers
        ),
    )
    yield counter(
        "jobcast_worker_attempts_ended_total",
        "Attempts that ended on the worker, by the state they left the job in.",
        (
            Sample(float(count), {"worker": worker.name, "state": state})
            for worker in workers
            for state, count in worker.info.get("ended", {}).items()
        ),
    )
    yield counter(
        "jobcast_worker_cpu_seconds_total",
        "CPU time of the worker, its child processes not included.",
        (sample(w, "cpu_seconds") for w in workers if "cpu_seconds" in w.info),
    )


def sample(worker: WorkerLoad, key: str) -> Sample:
    """Return one of a worker's own figures."""
    return Sample(float(worker.info[key]), {"worker": worker.name})
