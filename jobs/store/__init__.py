"""The record: the only place where a job's state changes, each change a compare-and-set.

Every change names the state it leaves (and the attempt and worker that own a running job) in its
WHERE, takes the next number of the user's change sequence in the same statement, and appends one
entry to the job's history. A change that finds nothing to change returns no row: that is an answer.

Reading order: ``row`` · ``sql`` (what all changes share) · ``accept`` · ``attempts`` (start, settle) ·
``limits`` · ``control`` (cancel, retry, delete) · ``due`` · ``leases`` (workers, rescue) · ``flows``
(after, batches) · ``hands`` (what a running attempt does) · ``queues`` · ``reading`` · ``upkeep``.
"""

from jobs.store.accept import Accepted, How, NewJob, accept, claim_key
from jobs.store.attempts import Outcome, Starter, settle, start, start_limited
from jobs.store.bulk import (
    BulkRow,
    add_bulk,
    finish_bulk,
    next_bulk,
)
from jobs.store.control import cancel, delete, retry
from jobs.store.due import backlog, expire, in_turn, next_due, promote, queued_orgs
from jobs.store.flows import (
    BatchRow,
    any_unfinished,
    batch_jobs,
    batches_by_ids,
    by_ids,
    complete_batches,
    create_batch,
    depend,
    find_batch,
    follow,
    reopen_batch,
    resolve,
    unfinished_children,
    unresolved,
)
from jobs.store.hands import answer, answered, ask, notice, park, save, saved, unpark
from jobs.store.inbox import (
    InboxRow,
    inbox_changed_since,
    newest_inbox,
    read_inbox,
    unread_inbox,
)
from jobs.store.leases import Held, held, register, renew, rescue, retire
from jobs.store.limits import holding, let_go, room_of
from jobs.store.queues import (
    kind_counts,
    pause_queue,
    queue_counts,
    resume_queue,
    throughput,
)
from jobs.store.reading import (
    JobFilter,
    UserChanges,
    changed_since,
    count,
    epoch,
    find,
    job_position,
    jobs_per_second,
    live_workers,
    newest,
    next_ids,
    positions,
    queue_depth,
    recent,
    spend_ticket,
    submitted,
)
from jobs.store.row import ANYBODY, JobRow, Owner
from jobs.store.upkeep import forget_results, prune_jobs, prune_rest

__all__ = [
    "ANYBODY",
    "Accepted",
    "BatchRow",
    "BulkRow",
    "Held",
    "How",
    "InboxRow",
    "JobFilter",
    "JobRow",
    "NewJob",
    "Outcome",
    "Owner",
    "Starter",
    "UserChanges",
    "accept",
    "add_bulk",
    "answer",
    "answered",
    "any_unfinished",
    "ask",
    "backlog",
    "batch_jobs",
    "batches_by_ids",
    "by_ids",
    "cancel",
    "changed_since",
    "claim_key",
    "complete_batches",
    "count",
    "create_batch",
    "delete",
    "depend",
    "epoch",
    "expire",
    "find",
    "find_batch",
    "finish_bulk",
    "follow",
    "forget_results",
    "held",
    "holding",
    "in_turn",
    "inbox_changed_since",
    "job_position",
    "jobs_per_second",
    "kind_counts",
    "let_go",
    "live_workers",
    "newest",
    "newest_inbox",
    "next_bulk",
    "next_due",
    "next_ids",
    "notice",
    "park",
    "pause_queue",
    "positions",
    "promote",
    "prune_jobs",
    "prune_rest",
    "queue_counts",
    "queue_depth",
    "queued_orgs",
    "read_inbox",
    "recent",
    "register",
    "renew",
    "reopen_batch",
    "rescue",
    "resolve",
    "resume_queue",
    "retire",
    "retry",
    "room_of",
    "save",
    "saved",
    "settle",
    "spend_ticket",
    "start",
    "start_limited",
    "submitted",
    "throughput",
    "unfinished_children",
    "unpark",
    "unread_inbox",
    "unresolved",
]
