"""The record: the only place where a job's state changes, each change a compare-and-set.

Every change names the state it leaves (and the attempt and worker that own a running job) in its
WHERE, takes the next number of the user's change sequence in the same statement, and appends one
entry to the job's history. A change that finds nothing to change returns no row: that is an answer.
Locks are always taken in one order: job rows by id, then sequences by org and user.

Reading order: ``row`` · ``sql`` (what all changes share) · ``accept`` · ``attempts`` (start, claim,
settle) · ``control`` (cancel, retry) · ``due`` · ``leases`` (workers, rescue) · ``reading``.
"""

from jobs.store.accept import NewJob, accept
from jobs.store.attempts import Outcome, Starter, claim, settle, start
from jobs.store.control import cancel, retry
from jobs.store.due import backlog, next_due, promote
from jobs.store.leases import Held, held, register, renew, rescue, retire
from jobs.store.reading import (
    JobFilter,
    changed_since,
    epoch,
    find,
    job_position,
    live_workers,
    newest,
    positions,
    recent,
    spend_ticket,
)
from jobs.store.row import JobRow, Owner

__all__ = [
    "Held",
    "JobFilter",
    "JobRow",
    "NewJob",
    "Outcome",
    "Owner",
    "Starter",
    "accept",
    "backlog",
    "cancel",
    "changed_since",
    "claim",
    "epoch",
    "find",
    "held",
    "job_position",
    "live_workers",
    "newest",
    "next_due",
    "positions",
    "promote",
    "recent",
    "register",
    "renew",
    "rescue",
    "retire",
    "retry",
    "settle",
    "spend_ticket",
    "start",
]
