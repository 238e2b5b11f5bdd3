"""Posts as their owners see them: what went out, and how it fares.

Reading order: ``resource`` (what callers see) · ``front`` (what they may look at). What jobs do with the
rows is in ``jobs.kept.posts`` and ``jobs.kept.samples``.
"""

from jobs.posts.front import Posts

__all__ = ["Posts"]
