"""What instruments have counted, of this process and of every worker that told with its heartbeat.

Each series says by ``process`` whose it is, and is the same from every web process that is asked: so
``max by (process, …)`` counts it once.
"""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from jobs import measures as of_jobs
from jobs.store import WorkerLoad
from realtime import measures as of_realtime
from realtime.instruments import INSTRUMENTS, Count, Histogram, Instrument, all_figures
from service import measures as of_service
from service.metrics.families import Family, Sample

Figures = Mapping[str, Sequence[Sequence[Any]]]
MEASURED = (of_realtime, of_jobs, of_service)  # loaded, so that all instruments are there


def measured_families(workers: Iterable[WorkerLoad]) -> Iterator[Family]:
    """Yield a family for each instrument that counted anything, anywhere."""
    told = {process_name(): all_figures()}
    for worker in workers:
        told.setdefault(worker.name, worker.info.get("measures", {}))
    for instrument in INSTRUMENTS.values():
        samples = [
            sample
            for process, figures in told.items()
            for line in figures.get(instrument.name, ())
            for sample in samples_of(instrument, process, line)
        ]
        yield Family(instrument.name, type_of(instrument), instrument.text, samples)


def type_of(instrument: Instrument) -> Literal["counter", "histogram"]:
    """Return Prometheus' word for it."""
    return "counter" if isinstance(instrument, Count) else "histogram"


def process_name() -> str:
    """Return this process's name, as a worker's lease has it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def samples_of(instrument: Instrument, process: str, line: Sequence[Any]) -> Iterator[Sample]:
    """Yield what one line of figures says; nothing of a line that a newer version wrote otherwise."""
    count = len(instrument.labels)
    values, numbers = line[:count], line[count:]
    if not all(isinstance(number, int | float) for number in numbers):
        return
    labels = {"process": process, **dict(zip(instrument.labels, values, strict=False))}
    if isinstance(instrument, Count) and len(numbers) == 1:
        yield Sample(numbers[0], labels)
    elif isinstance(instrument, Histogram) and 0 < len(numbers) <= len(instrument.bounds) + 2:
        yield from parts(instrument.bounds, labels, numbers[0], numbers[1:])


def parts(
    bounds: Sequence[float], labels: Mapping[str, str], total: float, counts: Sequence[int]
) -> Iterator[Sample]:
    """Yield a histogram's buckets, each with all below it, its sum and its count."""
    upto = 0
    for place, bound in enumerate(bounds):
        upto += counts[place] if place < len(counts) else 0
        yield Sample(upto, {**labels, "le": f"{bound:g}"}, "_bucket")
    count = sum(counts)
    yield Sample(count, {**labels, "le": "+Inf"}, "_bucket")
    yield Sample(total, labels, "_sum")
    yield Sample(count, labels, "_count")
