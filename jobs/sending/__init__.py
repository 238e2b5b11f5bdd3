"""Sending one mail: what a job may send and to whom, and how it is given away once.

Reading order: ``order`` (whom it may go to) · ``delivery`` (its way, and what is written down of it).
"""

from jobs.sending.delivery import deliver, sent_before, take
from jobs.sending.order import Order, asked_for, permitted

__all__ = ["Order", "asked_for", "deliver", "permitted", "sent_before", "take"]
