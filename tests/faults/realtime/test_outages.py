"""Redis away: sockets stay open, are told so, and changes still come in time; then at once again."""

import time

import pytest

from service.dev.child import becomes_true
from service.dev.redis_server import RedisServer
from tests.faults.realtime.group import Group, group
from tests.faults.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

LATE_SECONDS = 4.0
AT_ONCE_SECONDS = 1.0
LISTENERS = 10
CHANGES = 3


@pytest.mark.parametrize("away", ["killed", "hung"])
async def test_changes_come_within_four_seconds_while_redis_is_away(
    up: Site, redis_server: RedisServer, away: str
) -> None:
    up.chosen.update(position_check_seconds="2", redis_timeout_seconds="1")  # as deployed
    up.chosen.update(max_connections_per_user="100")
    await up.web()
    async with group(up.base, LISTENERS) as everybody:
        assert await everybody.seen(await everybody.change(up.base)) < AT_ONCE_SECONDS

        went = time.monotonic()
        if away == "killed":
            redis_server.kill()
        else:
            redis_server.pause()
        late = [await everybody.seen(await everybody.change(up.base)) for _ in range(CHANGES)]
        await told(everybody, degraded=True)
        if away == "killed":
            await redis_server.restart()
        else:
            redis_server.resume()
        await told(everybody, degraded=False)
        after = await everybody.seen(await everybody.change(up.base))

    everybody.exact()
    assert max(late) < LATE_SECONDS, late
    assert after < AT_ONCE_SECONDS
    for listener in everybody.listeners:
        assert listener.said["welcome"] == 1, "a connection was lost"
        assert [degraded for _, degraded in listener.statuses] == [True, False]
        assert listener.statuses[0][0] - went < 2 * LATE_SECONDS


async def told(everybody: Group, *, degraded: bool) -> None:
    """Wait until everybody was told how it is now."""

    async def all_know() -> bool:
        known = [each.statuses[-1][1] for each in everybody.listeners if each.statuses]
        return known == [degraded] * len(everybody.listeners)

    await becomes_true(all_know, 15)
