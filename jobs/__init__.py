"""The work: what a job is, how it is kept, run and retried, and what is told about it.

A job's states::

    waiting ─▶ scheduled ─▶ queued ─▶ running ─▶ succeeded
                  ▲           ▲  ▲       ├─────▶ failed ──┐
                  │ run_at    │  │       ├─────▶ cancelled ┤ retry by hand
                (accepted)    │  │       ├─────▶ retrying  │
                              │  └ due ──────────┘         │
                              ├── given back, rescued ◀────┘

Reading order, the way of one job: ``processor`` (what a kind is) · ``acceptance`` (how jobs get in) ·
``queue`` and ``batches`` (what callers ask) · ``store/`` (the record) · ``announcer`` · ``arq_queue``
(fair turns) · ``worker_process`` → ``worker`` → ``intake`` → ``attempts`` → ``executor`` → ``flow``
(children, input) · ``processors/`` · ``limits`` and ``gate`` · ``flows`` (what follows from an ending)
· ``relay`` and ``rescuer`` (the safety nets) · ``schedules/`` · ``tick`` and ``ticks`` (a kind's own
clock) · ``webhooks/`` · ``source`` (the way back) · ``testing/``.
"""

from jobs.context import Child, Context
from jobs.errors import (
    ChildFailed,
    Discard,
    Held,
    InputTimeout,
    NotConfigured,
    ProviderError,
    Retry,
)
from jobs.processor import Kind, processor
from jobs.retry import exponential, fixed, steps
from jobs.tick import Due, Tick

__all__ = [
    "Child",
    "ChildFailed",
    "Context",
    "Discard",
    "Due",
    "Held",
    "InputTimeout",
    "Kind",
    "NotConfigured",
    "ProviderError",
    "Retry",
    "Tick",
    "exponential",
    "fixed",
    "processor",
    "steps",
]
