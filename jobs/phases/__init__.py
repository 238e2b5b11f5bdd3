"""A project's phases as their owner sees and changes them; ``jobs.planning`` is how jobs make them.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do).
"""

from jobs.phases.front import Phases

__all__ = ["Phases"]
