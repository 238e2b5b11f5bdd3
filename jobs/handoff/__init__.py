"""The hand-off: what no device has shown in time goes to webhooks, e-mail and SMS, as its user wishes.

A worker that dies in between leaves an entry as it was; an acknowledgement that comes first ends it.

Reading order: ``quiet_hours`` (when one is left alone) · ``plan`` (what becomes of one entry now) ·
``message`` (the args of the jobs that deliver, and their words) · ``sweep`` (the loop in each worker).
"""

from jobs.handoff.sweep import Sweep

__all__ = ["Sweep"]
