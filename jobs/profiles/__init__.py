"""What onboarding found out about a user, as they see it, and what they make of it.

Reading order: ``resource`` (what callers see) · ``front`` (what they may do).
"""

from jobs.profiles.front import Profiles

__all__ = ["Profiles"]
