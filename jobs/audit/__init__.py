"""The audit log: what people did, to which thing, from where. Kept in the transaction of the change.

Reading order: ``actions`` (what there is) · ``origin`` (where it came from) · ``recording`` · ``log``.
"""

from jobs.audit.actions import DESCRIPTIONS, NAMES, Action, actions_of
from jobs.audit.log import AuditEntryResource, AuditLog, record_command
from jobs.audit.origin import arrive
from jobs.audit.recording import Deed, record, recorded

__all__ = [
    "DESCRIPTIONS",
    "NAMES",
    "Action",
    "AuditEntryResource",
    "AuditLog",
    "Deed",
    "actions_of",
    "arrive",
    "record",
    "record_command",
    "recorded",
]
