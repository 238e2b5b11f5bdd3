"""What is revoked holds here at once, elsewhere as soon as it is heard of, and anyway by the check."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import pytest

from realtime.caller import Caller
from realtime.errors import BadTicket
from realtime.revocations import FEW, OVERLAP, Revocation, Revocations
from realtime.websocket import SUBPROTOCOL
from service.dev.redis_server import RedisServer
from tests.realtime.browser import socket
from tests.realtime.world import Journal, World, open_world, serving

LATER = datetime.now(UTC) + timedelta(hours=1)


class Said:
    """What a process is asked to tell and to end."""

    def __init__(self) -> None:
        self.orders: list[bytes] = []
        self.ended: list[str] = []

    async def order(self, orders: Iterable[bytes]) -> bool:
        self.orders += orders
        return True


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def revocations(said: Said, journal: Journal) -> Revocations:
    return Revocations(journal.read, said.order, said.ended.append)


async def test_what_is_announced_holds_here_and_is_told(
    revocations: Revocations, said: Said
) -> None:
    await revocations.announce([Revocation("session:1", LATER), Revocation("key:2", LATER)])

    assert "session:1" in revocations
    assert said.ended == ["session:1", "key:2"]
    assert [orjson.loads(order) for order in said.orders] == [
        {"op": "revoke", "session": "session:1"},
        {"op": "revoke", "session": "key:2"},
    ]


async def test_nothing_revoked_is_nothing_told(revocations: Revocations, said: Said) -> None:
    await revocations.announce([])

    assert said.orders == []
    assert "" not in revocations


def test_an_order_to_revoke_is_obeyed(revocations: Revocations, said: Said) -> None:
    revocations.hear(b'{"op":"revoke","session":"session:1"}')

    assert "session:1" in revocations
    assert said.ended == ["session:1"]


@pytest.mark.parametrize(
    "order",
    [
        b"", b"cancel 01a203fe-315d-7704-ba1e-0be741383f9a", b"{", b"[]", b"null", b"\xff",
        b'{"op":"revoke"}', b'{"op":"revoke","session":7}', b'{"op":"revoke","session":null}',
        b'{"op":"revoke","session":""}',
        b'{"op":"praise","session":"session:1"}', b'{"session":"session:1"}', b'"revoke"', b"{}",
    ],
)  # fmt: skip
def test_other_orders_are_let_pass(revocations: Revocations, said: Said, order: bytes) -> None:
    revocations.hear(order)

    assert said.ended == []


async def test_the_check_reads_everything_at_first_and_then_what_is_new(
    revocations: Revocations, journal: Journal
) -> None:
    journal.revoke("session:1")

    await revocations.check()
    await revocations.check()

    everything, new = journal.reads
    assert "session:1" in revocations
    assert everything > timedelta(days=365)
    assert new < timedelta(minutes=1)


async def test_after_a_failed_check_the_next_reads_that_much_further_back(
    revocations: Revocations, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr("realtime.revocations.time", clock)
    await revocations.check()
    journal.down = True
    clock.monotonic = lambda: 500.0
    with pytest.raises(ConnectionError):
        await revocations.check()
    journal.down = False
    clock.monotonic = lambda: 600.0

    await revocations.check()

    assert journal.reads[-1] == timedelta(seconds=600) + OVERLAP


async def test_a_connection_admitted_just_as_it_was_revoked_ends_with_the_next_check(
    revocations: Revocations, journal: Journal, said: Said
) -> None:
    await revocations.announce([journal.revoke("session:1")])

    await revocations.check()

    assert said.ended == ["session:1", "session:1"]


async def test_what_has_expired_is_forgotten_in_time(
    revocations: Revocations, journal: Journal
) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    await revocations.announce([Revocation(f"session:{n}", past) for n in range(FEW)])
    journal.revoke("session:new")

    await revocations.check()

    assert "session:0" not in revocations
    assert "session:new" in revocations


async def test_a_ticket_is_refused_once_its_session_is_revoked(world: World) -> None:
    signed_in = Caller("42", "acme", frozenset({"jobs:read"}), session="session:1")
    other = Caller("42", "acme", frozenset({"jobs:read"}), session="session:2")
    ticket, good = (world.realtime.tickets.issue(who) for who in (signed_in, other))

    await world.realtime.revocations.announce([world.journal.revoke("session:1")])

    with pytest.raises(BadTicket):
        await world.realtime.tickets.redeem(ticket, None)
    assert (await world.realtime.tickets.redeem(good, None)).session == "session:2"


async def test_a_ticket_revoked_while_it_is_redeemed_opens_nothing(world: World) -> None:
    signed_in = Caller("42", "acme", frozenset({"jobs:read"}), session="session:1")
    tickets = world.realtime.tickets
    spend = tickets._spend

    async def too_late(nonce: str, expires_at: datetime) -> bool:
        await world.realtime.revocations.announce([world.journal.revoke("session:1")])
        return await spend(nonce, expires_at)

    tickets._spend = too_late

    with pytest.raises(BadTicket):
        await tickets.redeem(tickets.issue(signed_in), None)


async def test_another_process_hears_of_it_over_redis(redis_server: RedisServer) -> None:
    slow = {"position_check_seconds": 1000}
    async with (
        open_world(redis_server.url, **slow) as here,
        open_world(redis_server.url, **slow) as there,
        serving(there) as server,
    ):
        signed_in = Caller("42", "acme", frozenset({"jobs:read"}), session="session:1")
        ticket = there.realtime.tickets.issue(signed_in)
        async with socket(server, user=None, protocols=(SUBPROTOCOL, f"ticket.{ticket}")) as opened:
            await opened.say(t="hello")
            await opened.hear()

            await here.realtime.revocations.announce([here.journal.revoke("session:1")])

            assert (await opened.hear())["code"] == 4009
            assert await opened.closed() == 4009
        assert "session:1" in there.realtime.revocations
