"""Brain dumps over HTTP. Jobs make them; they are read, also while they come to be, and deleted.

Reading order: ``resource`` (how a brain dump looks) · ``front`` (what may be done with it). The rows are
``jobs.store.brain_dumps``, making sense of a text is ``jobs.dumping``.
"""

from jobs.brain_dumps.front import BrainDumps
from jobs.brain_dumps.resource import BrainDumpPage, BrainDumpResource

__all__ = ["BrainDumpPage", "BrainDumpResource", "BrainDumps"]
