"""Live: from the moment a job was due to be submitted until a browser's socket told its end.

An open model: jobs are due at random moments, whether or not the last ones are done, and a client that
falls behind counts from the due moment all the same. One process plays all callers and browsers; web,
worker, Postgres, Redis and it share this machine's cores.
"""

import json

from tests.benchmarks.accept import BODY
from tests.benchmarks.arrivals import Times
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.stack import token

BROWSERS = 20
RATES = (1, 100, 500)
HELD = 100  # jobs a second, where the bars are
WARM_RATE = 50
MOST_P50_MS, MOST_P99_MS = 10.0, 40.0
COLUMNS = ("jobs/s", "what", "p50 ms", "p99 ms", "max ms", "n")
SEEN, ACCEPTED = "submit → job.succeeded at the socket", "submit → 202"


async def measure_live(host: Host, effort: Effort) -> Part:
    """Measure the rates one after the other, on one web process and one worker."""
    product, _ = await host.at_work()
    load = await host.load()
    order = {
        "do": "live", "port": product.stack.port, "body": BODY, "warm": WARM_RATE,
        "tokens": [token(f"browser-{number}") for number in range(BROWSERS)],
        "loads": [(rate, effort.live_seconds) for rate in RATES],
    }  # fmt: skip
    told = (await load.ask(json.dumps(order)))["loads"]
    found = [
        row(rate, what, Times.of(one[key]))
        for rate, one in zip(RATES, told, strict=True)
        for what, key in ((SEEN, "seen"), (ACCEPTED, "accepted"))
    ]
    title = f"From submission to the end seen by one of {BROWSERS} browsers over WebSocket"
    return Part("live", title, COLUMNS, found, bars(found))


def row(rate: int, what: str, times: Times) -> tuple[str | float, ...]:
    """Return one row in milliseconds."""
    shown = (times.quantile(0.5), times.quantile(0.99), times.seconds[-1])
    return (f"{rate}", what, *(seconds * 1000 for seconds in shown), len(times.seconds))


def bars(found: list[tuple[str | float, ...]]) -> list[Bar]:
    """Hold the product to the issue's times."""
    [(_, _, p50, p99, *_)] = [one for one in found if one[:2] == (f"{HELD}", SEEN)]
    return [
        at_most(f"{HELD} jobs/s: p50 ≤ {MOST_P50_MS:.0f} ms", float(p50), MOST_P50_MS),
        at_most(f"{HELD} jobs/s: p99 ≤ {MOST_P99_MS:.0f} ms", float(p99), MOST_P99_MS),
    ]
