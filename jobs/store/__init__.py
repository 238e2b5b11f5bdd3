"""The record: the only place where a job's state changes, each change a compare-and-set.

Every change names the state it leaves (and the attempt and worker that own a running job) in its
WHERE, takes the next number of the user's change sequence in the same statement, and appends one
entry to the job's history. A change that finds nothing to change returns no row: that is an answer.

Reading order: ``row`` · ``sql`` (what all changes share) · ``new_job``, ``accept`` and ``twins`` ·
``attempts`` (start, settle) · ``limits`` · ``control`` (cancel, retry, delete) · ``due`` · ``leases``
(workers, rescue) · ``flows`` (after, batches) · ``hands`` (what a running attempt does) · ``queues`` ·
``bulk`` · ``schedules`` and ``due_schedules`` · ``reading`` · ``positions``, ``changes`` and
``org_changes`` (what browsers follow) · ``figures`` · ``upkeep`` · ``webhooks``, ``deliveries`` and
``replays`` (events on their way out) · ``inbox``.
"""

from jobs.store.accept import accept
from jobs.store.attempts import Outcome, Starter, settle, start, start_limited
from jobs.store.bulk import (
    BulkRow,
    add_bulk,
    finish_bulk,
    next_bulk,
)
from jobs.store.changes import UserChanges, changed_since, recent
from jobs.store.control import cancel, delete, retry
from jobs.store.deliveries import (
    Due,
    claim_deliveries,
    delivery_subjects,
    drop_delivery,
    keep_bodies,
    record_delivered,
    record_failed,
)
from jobs.store.due import backlog, expire, in_turn, next_due, promote, queued_orgs
from jobs.store.figures import (
    job_position,
    jobs_per_second,
    live_workers,
    queue_depth,
    submitted,
)
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
    find_batch_now,
    follow,
    reopen_batch,
    resolve,
    unfinished_children,
    unresolved,
)
from jobs.store.hands import answer, answered, ask, notice, park, save, saved, unpark
from jobs.store.inbox import (
    InboxRow,
    inbox_by_ids,
    inbox_changed_since,
    newest_inbox,
    read_inbox,
    unread_inbox,
)
from jobs.store.leases import Held, held, register, renew, rescue, retire
from jobs.store.limits import holding, let_go, room_of
from jobs.store.new_job import Accepted, How, NewJob
from jobs.store.org_changes import org_changed_since, org_recent
from jobs.store.positions import Numbers, epoch, moved, positions
from jobs.store.queues import (
    first_of_queue,
    kind_counts,
    pause_queue,
    paused_queues,
    queue_counts,
    resume_queue,
    throughput,
)
from jobs.store.reading import (
    JobFilter,
    Table,
    count,
    exists,
    find,
    find_now,
    newest,
    next_ids,
    spend_ticket,
)
from jobs.store.replays import (
    DeliveryRow,
    add_delivery,
    list_deliveries,
    replay_deliveries,
    replay_since,
)
from jobs.store.row import ANYBODY, JobRow, Owner
from jobs.store.twins import claim_key
from jobs.store.upkeep import forget_results, prune_jobs, prune_rest
from jobs.store.webhooks import (
    NewWebhook,
    WebhookRow,
    add_webhook,
    change_webhook,
    delete_webhook,
    disable_webhook,
    enable_webhook,
    find_webhook,
    give_up_webhook,
    job_webhook,
    list_webhooks,
    rotate_webhook,
)

__all__ = [
    "ANYBODY",
    "Accepted",
    "BatchRow",
    "BulkRow",
    "DeliveryRow",
    "Due",
    "Held",
    "How",
    "InboxRow",
    "JobFilter",
    "JobRow",
    "NewJob",
    "NewWebhook",
    "Numbers",
    "Outcome",
    "Owner",
    "Starter",
    "Table",
    "UserChanges",
    "WebhookRow",
    "accept",
    "add_bulk",
    "add_delivery",
    "add_webhook",
    "answer",
    "answered",
    "any_unfinished",
    "ask",
    "backlog",
    "batch_jobs",
    "batches_by_ids",
    "by_ids",
    "cancel",
    "change_webhook",
    "changed_since",
    "claim_deliveries",
    "claim_key",
    "complete_batches",
    "count",
    "create_batch",
    "delete",
    "delete_webhook",
    "delivery_subjects",
    "depend",
    "disable_webhook",
    "drop_delivery",
    "enable_webhook",
    "epoch",
    "exists",
    "expire",
    "find",
    "find_batch",
    "find_batch_now",
    "find_now",
    "find_webhook",
    "finish_bulk",
    "first_of_queue",
    "follow",
    "forget_results",
    "give_up_webhook",
    "held",
    "holding",
    "in_turn",
    "inbox_by_ids",
    "inbox_changed_since",
    "job_position",
    "job_webhook",
    "jobs_per_second",
    "keep_bodies",
    "kind_counts",
    "let_go",
    "list_deliveries",
    "list_webhooks",
    "live_workers",
    "moved",
    "newest",
    "newest_inbox",
    "next_bulk",
    "next_due",
    "next_ids",
    "notice",
    "org_changed_since",
    "org_recent",
    "park",
    "pause_queue",
    "paused_queues",
    "positions",
    "promote",
    "prune_jobs",
    "prune_rest",
    "queue_counts",
    "queue_depth",
    "queued_orgs",
    "read_inbox",
    "recent",
    "record_delivered",
    "record_failed",
    "register",
    "renew",
    "reopen_batch",
    "replay_deliveries",
    "replay_since",
    "rescue",
    "resolve",
    "resume_queue",
    "retire",
    "retry",
    "room_of",
    "rotate_webhook",
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
