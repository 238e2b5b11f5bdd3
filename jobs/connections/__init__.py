"""A user's connections: made and changed by their owner, used by jobs, never shown with their credentials.

Reading order: ``resource`` (how they look) · ``front`` (what may be done with them). The row and what jobs
do with it is ``jobs.kept.connections``, the credentials are in ``jobs.vault``.
"""

from jobs.connections.front import Connections
from jobs.connections.resource import ConnectionPage, ConnectionResource, Wanted

__all__ = ["ConnectionPage", "ConnectionResource", "Connections", "Wanted"]
