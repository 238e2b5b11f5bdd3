"""Contents as their owners see them: drafts, approved and published texts, with a variant a channel.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do, and when).
"""

from jobs.contents.front import Contents

__all__ = ["Contents"]
