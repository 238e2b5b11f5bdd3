"""The figures of a run, as a table by fault and totals."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from tests.faults.realtime.crowd import of_transport
from tests.faults.realtime.judge import SORTS
from tests.faults.realtime.nemesis import Felt
from tests.faults.realtime.story import Told

SHOWN = 8
HEAD = "| fault | times | lasted s | clients | connections made | replays | gaps | events told |"
NAMES = {
    "gap": "gaps", "double": "duplicates", "order": "reorders", "ending": "missed or doubled endings",
    "back": "steps back", "place": "wrong places at the end",
}  # fmt: skip


def markdown(told: Told) -> str:
    """Return everything worth knowing of a run."""
    felt = told.nemesis.felt
    names = sorted({each.name for each in felt})
    lines = [
        *totals(told),
        "",
        HEAD,
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(row(name, [each for each in felt if each.name == name]) for name in names),
    ]
    if told.verdict.broken:
        lines += ["", "BROKEN:"]
        for sort, found in told.verdict.broken.items():
            lines += [f"- {sort} ({len(found)}): {each}" for each in found[:SHOWN]]
    return "\n".join(lines)


def totals(told: Told) -> list[str]:
    verdict, crowd = told.verdict, told.town.crowd
    figures, sorts = crowd.figures, of_transport(crowd.clients)
    wrong = ", ".join(f"{verdict.counts[sort]} {NAMES[sort]}" for sort in SORTS)
    ended = said(told)
    stops = ", ".join(f"{seconds:.1f}" for seconds in told.nemesis.stops)
    clients = (
        f"{verdict.clients:,} clients ({counted(sorts)}), {told.wanted.size:,} at once; "
        f"{verdict.stayed:,} stayed to the end; {figures['connections']:,} connections."
    )
    events = (
        f"{verdict.jobs:,} jobs in {told.wanted.seconds:.0f} s; {figures['events']:,} durable events "
        f"and {verdict.endings:,} endings told, {verdict.owed:,} owed and looked for one by one; "
        f"{figures['snapshots']:,} snapshots, {figures['jumps']:,} folded replays; "
        f"{counted(told.nemesis.counts)}."
    )
    stopped = f"Web processes stopped in order within (s): {stops or 'none'}."
    return [clients, events, f"**{wrong}.**", stopped, f"How connections ended: {counted(ended)}."]


def said(told: Told) -> Counter[str]:
    """Count the ends of connections in the clients' words."""
    found: Counter[str] = Counter()
    for client in told.town.crowd.clients:
        found.update(client.listener.said)
    return Counter(dict(found.most_common(12)))


def counted(figures: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in figures.most_common())


def row(name: str, felt: Sequence[Felt]) -> str:
    sums = [sum(getattr(f, what) for f in felt) for what in ("lost", "jumps", "gaps", "events")]
    lasted, clients = median(f.seconds for f in felt), median(f.clients for f in felt)
    told = " | ".join(f"{number:,}" for number in sums)
    return f"| {name} | {len(felt)} | {lasted:.1f} | {clients:.0f} | {told} |"
