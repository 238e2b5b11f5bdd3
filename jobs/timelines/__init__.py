"""A user's timelines of courses over HTTP. Jobs make them; they are read, and deleted before their time.

Reading order: ``found`` (what an outline tells) · ``resource`` (how a timeline looks) · ``front`` (what may
be done with it). The rows are ``jobs.kept.timelines``.
"""

from jobs.timelines.front import Timelines
from jobs.timelines.resource import TimelinePage, TimelineResource

__all__ = ["TimelinePage", "TimelineResource", "Timelines"]
