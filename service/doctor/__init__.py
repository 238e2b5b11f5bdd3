"""The doctor: looks at everything Jobcast stands on, leaves it as it was, says what to do.

Reading order: ``finding`` · ``supported`` (versions) · ``postgres`` and ``upkeep`` · ``cache`` (Redis) ·
``budget`` (connections) · ``work`` (workers and queue) · ``kinds`` · ``outside`` (storage, providers) ·
``access`` (tokens and secrets) · ``examination`` (all of it) · ``masking`` (settings, shown).
"""

from service.doctor.access import Given
from service.doctor.examination import examine
from service.doctor.finding import Finding, Level
from service.doctor.masking import masked

__all__ = ["Finding", "Given", "Level", "examine", "masked"]
