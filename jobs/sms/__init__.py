"""Text messages from outside: as their owners see them, and as the provider tells of them.

Reading order: ``resource`` (what callers see) · ``front`` (what they may look at; what a call-back does).
How they are sent is in ``jobs.texting``.
"""

from jobs.sms.front import SmsMessages

__all__ = ["SmsMessages"]
