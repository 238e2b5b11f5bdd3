"""What is measured of the work; ``realtime.instruments`` says how.

Hot ones are counted once a batch, with all of its jobs, after its commit.
"""

from realtime.instruments import SLOW, Count, Histogram

ENQUEUE_TO_START = Histogram(
    "jobcast_enqueue_to_start_seconds",
    "From when a job could start (accepted, due, or due again after a failure) to its start, by "
    "Postgres' clock. Starts after a deploy or a crash are not counted.",
    bounds=SLOW,
)
START_TO_COMMIT = Histogram(
    "jobcast_start_to_commit_seconds",
    "From an attempt's start to the commit of how it ended.",
    bounds=SLOW,
)
COMMIT_TO_PUBLISH = Histogram(
    "jobcast_commit_to_publish_seconds",
    "From the commit of a change to having published it, where somebody listens.",
)
ATTEMPT = Histogram(
    "jobcast_attempt_seconds",
    "How long attempts took, by kind and outcome: succeeded, failed, timeout, cancelled, released.",
    "kind",
    "outcome",
    bounds=SLOW,
)
FAILED = Count("jobcast_jobs_failed_total", "Jobs that failed for good, by kind.", "kind")
RESCUED = Count(
    "jobcast_jobs_rescued_total",
    "Jobs whose worker was lost: queued again, failed as poison or cancelled.",
    "state",
    known=("queued", "failed", "cancelled"),
)
RELAY_PASSES = Count("jobcast_relay_passes_total", "Passes of the relay's sweep.")
HANDED_OVER = Count(
    "jobcast_relay_handed_over_total",
    "Queued jobs that Redis had forgotten, or never been told of, and that the sweep handed over.",
)
PROMOTED = Count("jobcast_relay_promoted_total", "Jobs whose time had come.")
EXPIRED = Count("jobcast_jobs_expired_total", "Jobs whose time ran out before they started.")
SCHEDULE_LATENESS = Histogram(
    "jobcast_schedule_lateness_seconds",
    "How long after its tick a schedule's job was made.",
    bounds=SLOW,
)
WEBHOOK = Histogram(
    "jobcast_webhook_seconds",
    "Tries to deliver to a webhook, by outcome: delivered, refused, unreached.",
    "outcome",
)
WEBHOOKS_DISABLED = Count("jobcast_webhooks_disabled_total", "Webhooks that were given up.")
POSTGRES_WAITS = Count(
    "jobcast_postgres_waits_total", "Statements that had to wait for a connection of the pool."
)
LOOP_FAILURES = Count(
    "jobcast_loop_failures_total",
    "Steps of background loops that failed and are tried again.",
    "loop",
)
GC_PAUSE = Histogram(
    "jobcast_gc_pause_seconds", "Garbage collections, by generation.", "generation"
)
