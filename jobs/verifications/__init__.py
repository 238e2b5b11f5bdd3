"""Showing that an address is one's own: a code is sent there, and typed in here.

Reading order: ``words`` (what is sent) · ``resource`` (what callers see) · ``front`` (asking for a code,
confirming it). The code itself is ``jobs.codes``'s.
"""

from jobs.verifications.front import Verifications

__all__ = ["Verifications"]
