"""Webhooks out: events POSTed to addresses their owners named, signed by Standard Webhooks 1.0.

The rows of ``deliveries`` are written in the transaction of the change they tell; here they are sent,
at least once each, with the same ``webhook-id`` however often.

Reading order: ``address`` (where one may point) · ``signing`` (secrets, signatures) · ``policy`` (when a
try is repeated, when a webhook is disabled) · ``sender`` (one POST) · ``bodies`` (what is sent) ·
``deliverer`` (the loop in each worker) · ``resource`` and ``front`` (what callers see and ask).
"""

from jobs.webhooks.bodies import Bodies
from jobs.webhooks.deliverer import Deliverer
from jobs.webhooks.front import Webhooks

__all__ = ["Bodies", "Deliverer", "Webhooks"]
