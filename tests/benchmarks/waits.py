"""Single times a user or an operator waits for, each a part of its own; not in the default run."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from tests.benchmarks.arrivals import Times
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.jobcast import measure_latency, measure_rescue, measure_stop
from tests.benchmarks.queueing import measure_queueing
from tests.benchmarks.realtime.report import Part
from tests.benchmarks.schedules import measure_schedules
from tests.benchmarks.startup import measure_startup
from tests.benchmarks.steps import measure_steps
from tests.benchmarks.stock_arq import measure_arq

LOADS = ((1, 1), (100, 1), (100, 20))  # jobs a second, users
COLUMNS = ("what", "p50 ms", "p99 ms", "max ms", "n")
Waits = dict[str, Times]


async def latency(host: Host, effort: Effort) -> Waits:
    """Return submit → 202 and submit → end over Server-Sent Events, beside arq's own ``result``."""
    stack = await host.stack(empty=True)
    stack.used = True
    await stack.worker("worker")
    found: Waits = {}
    for rate, users in LOADS:
        accepted, seen = await measure_latency(stack, rate, effort.live_seconds, users)
        load = f"{rate} jobs/s, {users} user{'s' * (users > 1)}"
        found[f"{load}: submit → 202"] = accepted
        found[f"{load}: submit → job.succeeded seen"] = seen
    for rate in sorted({rate for rate, _ in LOADS}):
        times = await measure_arq(stack, rate, effort.live_seconds)
        found[f"{rate} jobs/s: stock arq, enqueue → result"] = times
    return found


async def stop(host: Host, effort: Effort) -> Waits:
    """Return the time of a Stop button."""
    stack = await host.stack(empty=True)
    stack.used = True
    await stack.worker("worker")
    return {"Stop → job.cancelled seen": await measure_stop(stack)}


async def rescue(host: Host, effort: Effort) -> Waits:
    """Return how long a dead worker's job waits for another."""
    stack = await host.stack(empty=True)
    stack.used = True
    return {"kill -9 of the worker → started elsewhere": await measure_rescue(stack)}


async def queueing(host: Host, effort: Effort) -> Waits:
    """Return a newcomer's wait beside a mountain, and an emptied Redis's recovery."""
    stack = await host.stack(empty=True)
    stack.used = True
    await stack.worker("worker")
    return await measure_queueing(stack)


async def startup(host: Host, effort: Effort) -> Waits:
    """Return how long ``make run`` takes."""
    cold, warm = await measure_startup()
    return {"make run, no data": cold, "make run, yesterday's data": warm}


async def schedules(host: Host, effort: Effort) -> Waits:
    """Return what looking for due schedules takes."""
    return await measure_schedules()


async def steps(host: Host, effort: Effort) -> Waits:
    """Return what each statement a worker repeats takes, by the size of the table."""
    return await measure_steps()


TITLES: Mapping[Callable[[Host, Effort], Awaitable[Waits]], str] = {
    latency: "Latency over Server-Sent Events, seen by an ordinary HTTP client",
    stop: "Stopping a running job",
    rescue: "A worker's sudden death",
    queueing: "The queue under load",
    startup: "Starting everything",
    schedules: "Schedules",
    steps: "Steps of the engine by the number of jobs in the table",
}


async def measured(
    wait: Callable[[Host, Effort], Awaitable[Waits]], host: Host, effort: Effort
) -> Part:
    """Return the times as a part."""
    found = await wait(host, effort)
    return Part(wait.__name__, TITLES[wait], COLUMNS, [row(*one) for one in found.items()])


def row(what: str, times: Times) -> tuple[str | float, ...]:
    """Return one row in milliseconds."""
    shown = (times.quantile(0.5), times.quantile(0.99), times.seconds[-1])
    return (what, *(seconds * 1000 for seconds in shown), len(times.seconds))


WAITS = {wait.__name__: partial(measured, wait) for wait in TITLES}
