"""What ``GET /metrics`` tells, in Prometheus' text format.

Reading order: ``families`` (what a metric is) · ``work`` (queues and workers, the same from every web
process) · ``process`` (this process alone) · ``pools`` (its connections) · ``measured`` (what
instruments counted, of this process and of all workers) · ``exposition`` (the text) · ``token``
(who may read it). A new figure is one more family, or one more instrument in a package's ``measures``.
"""

from service.metrics.exposition import MEDIA_TYPE, exposition
from service.metrics.families import Family, Sample
from service.metrics.measured import measured_families
from service.metrics.pools import pool_families
from service.metrics.process import footprint_families, process_families
from service.metrics.token import may_read
from service.metrics.work import work_families, worker_families

__all__ = [
    "MEDIA_TYPE",
    "Family",
    "Sample",
    "exposition",
    "footprint_families",
    "may_read",
    "measured_families",
    "pool_families",
    "process_families",
    "work_families",
    "worker_families",
]
