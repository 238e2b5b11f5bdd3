"""What one client saw of one channel, checked while it looks, by what it is told over the wire alone."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

ENDINGS = frozenset({"job.succeeded", "job.failed", "job.cancelled", "job.expired"})
FINAL = frozenset(name.removeprefix("job.") for name in ENDINGS)


@dataclass
class Sight:
    """A client's view of a channel. ``start`` is the offset after which nothing may be missing.

    ``asked`` is the name that is listened to, ``unshown`` the offset of a snapshot without room for all.
    ``owed_from`` is the time (Unix) from which every change is owed: when a place without the whole state
    was there. A change stamped later was committed later; which number it has in a sum, nobody can tell.
    """

    asked: str
    epoch: str = ""
    offset: int = -1
    start: int | None = None
    unshown: int = -1
    owed_from: float = -math.inf
    versions: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    left: str = ""
    complete: bool = False
    _gap: bool = False

    @property
    def kind(self) -> str:
        return "user" if self.asked == "me" else self.asked.partition(":")[0]

    @property
    def since(self) -> str | None:
        """Return the place to come back to; None for who has not seen anything yet."""
        return f"{self.epoch}.{self.offset}" if self.offset >= 0 else None

    def begins_at(self, epoch: str, offset: int) -> None:
        """Take over a place: from here on everything has to come."""
        self.epoch, self.offset, self.start = epoch, offset, offset
        self.owed_from = time.time()

    def told(self, event: dict[str, Any]) -> None:
        """Take one event; only durable ones count."""
        if "offset" not in event:
            self.counts["ephemeral"] += 1
            return
        self.counts["events"] += 1
        self._check(event)
        self.counts["jumps"] += event["offset"] > self.offset + 1
        self.epoch, self.offset = event["epoch"], event["offset"]
        if "seq" in event:
            self.versions[event["subject"]] = event["seq"]
        data = event.get("data")
        if event["type"].startswith("job.") and data:
            self.states[event["subject"]] = data["state"]
        if event["type"] in ENDINGS:
            self.endings[event["subject"]] += 1
        if event["type"].startswith("batch.") and data:
            self.complete = bool(data["completed_at"])

    def shown(self, snapshot: dict[str, Any]) -> None:
        """Take the whole state."""
        self.counts["snapshots"] += 1
        self._gap = False
        if snapshot["epoch"] == self.epoch and snapshot["offset"] < self.offset:
            self.wrong("back", f"a snapshot at {snapshot['offset']} after {self.offset}")
        self.epoch, self.offset = snapshot["epoch"], snapshot["offset"]
        state = snapshot.get("state")
        if state is None:  # only what was said before a job's end, which follows as an event
            return
        self.start = -1
        jobs = state["jobs"] if "jobs" in state else [state["job"]] if "job" in state else []
        for job in jobs:
            self._show(job)
        if state.get("truncated"):
            self.unshown, self.owed_from = self.offset, time.time()
        elif "jobs" in state:
            self.unshown, self.owed_from = -1, -math.inf
            self._miss({f"job:{job['id']}" for job in jobs})
        if "batch" in state:
            self.complete = bool(state["batch"].get("completed_at"))

    def at(self, epoch: str, offset: int) -> None:
        """Take the place after a join."""
        if self.start is None:
            self.start, self.owed_from = offset, time.time()
        if self.epoch == epoch and offset < self.offset:
            self.wrong("back", f"joined at {offset} after {self.offset}")
        self.epoch, self.offset = epoch, offset

    def gap(self, reason: str) -> None:
        """Take note that the place was of no use: a snapshot has to follow."""
        self.counts[f"gap {reason}"] += 1
        self._gap = True

    def done(self, code: str) -> None:
        """Take note that nothing more will come."""
        if self._gap:
            self.wrong("gap", "left between a gap and its snapshot")
        self.left = code

    def wrong(self, sort: str, words: str) -> None:
        """Remember what must not be: sorts are gap, double, order, ending, back."""
        self.trouble.append(f"{sort}: {self.asked}: {words}")

    def _check(self, event: dict[str, Any]) -> None:
        what = f"{event['type']} {event['subject']}"
        if self.left:
            self.wrong("ending", f"{what} after the end")
        if self._gap:
            self.wrong("gap", f"{what} between a gap and its snapshot")
        if self.epoch and event["epoch"] != self.epoch:
            self.wrong("gap", f"{what} in epoch {event['epoch']} after {self.epoch}")
        elif event["offset"] <= self.offset:
            sort = "double" if event["offset"] == self.offset else "order"
            self.wrong(sort, f"{what} at {event['offset']} after {self.offset}")
        known = self.versions.get(event["subject"], 0)
        if event.get("seq", known + 1) <= known:
            sort = "double" if event["seq"] == known else "order"
            self.wrong(sort, f"{what} version {event['seq']} after {known}")
        if event["type"] in ENDINGS and self.states.get(event["subject"]) in FINAL:
            self.wrong("ending", f"{what} told again")

    def _show(self, job: dict[str, Any]) -> None:
        subject = f"job:{job['id']}"
        if job["version"] < self.versions.get(subject, 0):
            known = self.versions[subject]
            self.wrong("back", f"{subject} shown at {job['version']} after {known}")
        self.versions[subject], self.states[subject] = job["version"], job["state"]

    def _miss(self, shown: set[str]) -> None:
        for subject in self.states.keys() - shown:
            self.wrong("gap", f"{subject} is missing in a snapshot of everything")
