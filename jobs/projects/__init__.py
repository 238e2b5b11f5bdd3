"""A user's projects as they see and change them; what there is to do for them is ``jobs.tasks``.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do).
"""

from jobs.projects.front import Projects

__all__ = ["Projects"]
