"""Users' schedules: jobs submitted again and again, each tick once whatever the workers' clocks say.

Reading order: ``cron`` and ``ticks`` (when; pure) · ``missed`` (which of the due ones make a job) ·
``wanted`` and ``front`` (what callers ask) · ``resource`` (what they see) · ``scheduler`` (the loop in each
worker) → ``firing`` → ``scheduled_job``.
"""
