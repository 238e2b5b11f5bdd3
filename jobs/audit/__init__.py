"""The audit log: what people did, to which thing, from where. Kept in the transaction of the change.

Reading order: ``actions`` (what there is) · ``recording`` · ``log``.
"""

from jobs.audit.actions import DESCRIPTIONS, NAMES, Action, actions_of
from jobs.audit.log import AuditEntryResource, AuditLog, AuditPage, record_command
from jobs.audit.recording import Deed, record, recorded

__all__ = [
    "DESCRIPTIONS",
    "NAMES",
    "Action",
    "AuditEntryResource",
    "AuditLog",
    "AuditPage",
    "Deed",
    "actions_of",
    "record",
    "record_command",
    "recorded",
]
