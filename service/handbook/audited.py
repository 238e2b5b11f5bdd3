"""The reference of the audit log, as Markdown: every action that it knows."""

from jobs.audit import DESCRIPTIONS
from service.handbook.tables import table


def audited() -> str:
    """Return every action with what it says to people."""
    rows = [(f"`{name}`", words) for name, words in DESCRIPTIONS.items()]
    return "\n".join(["", *table(("Action", "It means"), rows), ""])
