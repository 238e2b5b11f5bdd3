"""A web process of its own for each test of bad input, and somebody who must notice nothing."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.realtime.witness import Witness, witness
from tests.faults.site import Site


@pytest.fixture
async def served(up: Site) -> Site:
    """Serve from a process of its own, with short clocks and room for many."""
    up.chosen.update(
        hello_timeout_seconds="2",
        stall_seconds="2",
        header_timeout_seconds="1",
        heartbeat_seconds="5",
        max_connections_per_ip="1000",
        redis_timeout_seconds="5",  # these two cores may be busy
    )
    await up.web()
    return up


@pytest.fixture
async def ann(served: Site) -> AsyncIterator[Witness]:
    """Watch while the test sends rubbish; asserts afterwards that nothing was noticed."""
    async with witness(served) as watching:
        yield watching
