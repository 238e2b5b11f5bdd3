"""Briefs as their readers see them: listed by their titles, opened, deleted. Jobs write them.

Reading order: ``resource`` (how a brief looks) · ``front`` (what may be done with it). The rows are
``jobs.store.briefs``.
"""

from jobs.briefs.front import Briefs

__all__ = ["Briefs"]
