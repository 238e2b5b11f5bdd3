"""A pool of one connection that is inside a transaction: a statement that stays open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class OnePool:
    """Stands in for the pool of a ``Database``."""

    connection: Any

    def get_max_size(self) -> int:
        return 1

    @asynccontextmanager
    async def acquire(self, timeout: float) -> AsyncIterator[Any]:
        yield self.connection
