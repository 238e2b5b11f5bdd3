"""What a user has to do, alone or for a project.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do).
"""

from jobs.tasks.front import Tasks

__all__ = ["Tasks"]
