"""The CPU time that groups of processes have used, and what that is for one of something."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from service.dev.child import Child
from tests.benchmarks.realtime.publisher import cpu_seconds

Groups = Mapping[str, Sequence[Child]]


@dataclass(frozen=True)
class Spent:
    """Seconds of each process of each group, at one moment."""

    groups: Mapping[str, Mapping[int, float]]

    @classmethod
    def by(cls, groups: Groups) -> "Spent":
        """Look at every program and all it has started."""
        return cls({name: seconds_of(children) for name, children in groups.items()})

    def since(self, before: "Spent") -> dict[str, float]:
        """Return the seconds of each group since an earlier look; who ended meanwhile is not in it."""
        return {
            name: sum(now - before.groups[name].get(pid, 0.0) for pid, now in seconds.items())
            for name, seconds in self.groups.items()
        }


def seconds_of(children: Sequence[Child]) -> dict[int, float]:
    """Return the CPU time of programs and their descendants by process id."""
    found = {}
    for process in (one for child in children for one in child.family()):
        with suppress(OSError, psutil.Error):
            found[process.pid] = cpu_seconds(process.pid)
    return found
