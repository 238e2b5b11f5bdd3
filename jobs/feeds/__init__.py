"""Feeds that users follow, as they see and change them; kind ``rss_sync`` fills them.

Reading order: ``resource`` (how feeds and items look) · ``front`` (what may be asked of them). The SQL is
``jobs.store.feeds``'s; what a sync writes is ``jobs.kept.feeds``'s.
"""

from jobs.feeds.front import Feeds

__all__ = ["Feeds"]
