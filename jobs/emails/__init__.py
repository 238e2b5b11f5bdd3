"""E-mails over HTTP: what was sent to whom, for its owner; and the link in one, for whoever has it.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do). What jobs do with the rows is
in ``jobs.kept.emails``.
"""

from jobs.emails.front import Emails

__all__ = ["Emails"]
