"""What one may unsubscribe from: each mail belongs to one list of these, or to none."""

from enum import StrEnum


class MailingList(StrEnum):
    """Of ``handoff`` and ``brief`` the preferences tell whether they are wanted."""

    HANDOFF = "handoff"
    BRIEF = "brief"
    OTHER = "other"
