"""What becomes of a schedule's ticks that are due, and of those found too late. Pure computing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models.policy import Missed, Overlap
from jobs.schedules.ticks import Rule, between, newest, next_after

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DueTicks:
    """``ticks`` become jobs, oldest first. ``last`` is the newest one dealt with; ``next_at`` comes then.

    ``dropped`` says that ticks were passed over because they were found too late. When ``next_at`` is
    due as well, there were more than could be taken at once.
    """

    ticks: Sequence[datetime]
    last: datetime
    next_at: datetime | None
    dropped: bool = False


def due_ticks(
    rule: Rule, first: datetime, now: datetime, *, missed: Missed, grace: timedelta, most: int
) -> DueTicks:
    """Decide about the ticks from ``first``, which is due, up to ``now``.

    A tick found more than ``grace`` after its time is missed. ``skip`` drops the missed ones; ``one``
    lets the newest tick stand for all that are due; ``all`` takes each, at most ``most`` at once.
    """
    if missed == "all" or now - first <= grace:
        ticks = [first, *between(rule, first, now, most - 1)]
        return DueTicks(ticks, ticks[-1], next_after(rule, ticks[-1]))
    last = newest(rule, first, now)
    if missed == "one":
        return DueTicks([last], last, next_after(rule, last), dropped=last != first)
    timely = between(rule, max(first, now - grace - INSTANT), now, most)
    last = timely[-1] if len(timely) == most else last
    return DueTicks(timely, last, next_after(rule, last), dropped=True)


def without_overlap(
    ticks: Sequence[datetime], overlap: Overlap, *, unfinished: bool
) -> Sequence[datetime]:
    """Return the ticks that become jobs although jobs of the schedule may not have ended.

    Of several at once, ``skip`` keeps the oldest (the others would overlap it) and ``cancel_old`` the
    newest (it would cancel the others).
    """
    match overlap:
        case "skip":
            return [] if unfinished else ticks[:1]
        case "cancel_old":
            return ticks[-1:]
        case _:
            return ticks
