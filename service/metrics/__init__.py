"""What ``GET /metrics`` tells, in Prometheus' text format.

Reading order: ``families`` (what a metric is) · ``work`` (queues and workers, the same from every web
process) · ``process`` (this process alone) · ``exposition`` (the text). A new figure is one more family.
"""

from service.metrics.exposition import MEDIA_TYPE, exposition
from service.metrics.families import Family, Sample
from service.metrics.process import process_families
from service.metrics.work import work_families

__all__ = ["MEDIA_TYPE", "Family", "Sample", "exposition", "process_families", "work_families"]
