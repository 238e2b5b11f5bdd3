"""Tickets are single use, short lived and bound to where they were asked for."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from realtime.caller import Caller
from realtime.errors import BadTicket
from realtime.keyring import derived_keys, fernet_keys
from realtime.tickets import Tickets

ME = Caller(
    "42",
    "acme",
    frozenset({"jobs:read"}),
    expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    session="session:01a203fe-315d-7704-ba1e-0be741383f9a",
)
PAGE = "https://app.example"


class Spent:
    """Remembers nonces as the service does in Postgres."""

    def __init__(self) -> None:
        self.nonces: dict[str, datetime] = {}

    async def __call__(self, nonce: str, expires_at: datetime) -> bool:
        fresh = nonce not in self.nonces
        self.nonces[nonce] = expires_at
        return fresh


@pytest.fixture
def tickets() -> Tickets:
    return Tickets("secret", Spent())


async def test_a_ticket_stands_for_its_caller(tickets: Tickets) -> None:
    ticket = tickets.issue(ME, origin=PAGE, channels=["me"])

    redeemed = await tickets.redeem(ticket, PAGE)

    assert ticket.startswith("tk_")
    assert redeemed == Caller(
        "42",
        "acme",
        ME.scopes,
        via="ticket",
        expires_at=ME.expires_at,
        channels=frozenset({"me"}),
        session=ME.session,
    )


async def test_a_ticket_is_good_once(tickets: Tickets) -> None:
    ticket = tickets.issue(ME)
    await tickets.redeem(ticket, None)

    with pytest.raises(BadTicket):
        await tickets.redeem(ticket, None)


async def test_of_fifty_who_bring_a_ticket_at_once_one_comes_in(tickets: Tickets) -> None:
    ticket = tickets.issue(ME)

    came = await asyncio.gather(
        *(tickets.redeem(ticket, None) for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(one, Caller) for one in came) == 1
    assert sum(isinstance(one, BadTicket) for one in came) == 49


async def test_a_ticket_with_one_letter_changed_is_no_good(tickets: Tickets) -> None:
    ticket = tickets.issue(ME)

    for place in range(len("tk_"), len(ticket), 7):
        other = "A" if ticket[place] != "A" else "B"
        with pytest.raises(BadTicket):
            await tickets.redeem(ticket[:place] + other + ticket[place + 1 :], None)

    assert (await tickets.redeem(ticket, None)).user == "42"


async def test_a_ticket_of_a_revoked_session_is_no_good() -> None:
    spent = Spent()
    ticket = Tickets("secret", spent).issue(ME)

    with pytest.raises(BadTicket):
        await Tickets("secret", spent, revoked={ME.session}).redeem(ticket, None)


@pytest.mark.parametrize("purpose", ["sessions", "webhooks"])
async def test_what_was_sealed_for_something_else_is_no_ticket(
    tickets: Tickets, purpose: str
) -> None:
    told = opened(tickets.issue(ME))
    by_fernet = Fernet(fernet_keys("secret", purpose)[0]).encrypt(told).decode()
    by_its_key = AESSIV(derived_keys("secret", purpose)[0]).encrypt(told, None)

    for forged in (by_fernet, base64.urlsafe_b64encode(by_its_key).decode()):
        with pytest.raises(BadTicket):
            await tickets.redeem("tk_" + forged.rstrip("="), None)


def opened(ticket: str) -> bytes:
    """Return what a ticket holds, as only the server can."""
    key = derived_keys("secret", "tickets.siv")[0]
    return AESSIV(key).decrypt(base64.urlsafe_b64decode(ticket.removeprefix("tk_") + "=="), None)


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
async def test_a_ticket_of_a_page_is_no_good_elsewhere(
    tickets: Tickets, origin: str | None
) -> None:
    ticket = tickets.issue(ME, origin=PAGE)

    with pytest.raises(BadTicket):
        await tickets.redeem(ticket, origin)

    assert (await tickets.redeem(ticket, PAGE)).user == "42"


async def test_an_old_ticket_is_no_good_and_not_spent() -> None:
    spent = Spent()
    ticket = Tickets("secret", spent, seconds=0).issue(ME)

    with pytest.raises(BadTicket):
        await Tickets("secret", spent).redeem(ticket, None)

    assert spent.nonces == {}


async def test_the_nonce_is_kept_as_long_as_the_ticket_could_be_used() -> None:
    spent = Spent()
    tickets = Tickets("secret", spent, seconds=30)

    await tickets.redeem(tickets.issue(ME), None)

    (until,) = spent.nonces.values()
    assert timedelta(seconds=28) < until - datetime.now(UTC) <= timedelta(seconds=30)


@pytest.mark.parametrize("junk", ["", "tk_", "tk_é", "x", "tk_" + "A" * 5000, "tk_AAAA", "tk_\x00"])
async def test_what_was_never_issued_is_no_good(tickets: Tickets, junk: str) -> None:
    with pytest.raises(BadTicket):
        await tickets.redeem(junk, None)


async def test_another_secret_opens_nothing_and_an_old_one_listed_second_does() -> None:
    ticket = Tickets("old", Spent()).issue(ME)

    with pytest.raises(BadTicket):
        await Tickets("new", Spent()).redeem(ticket, None)

    assert (await Tickets("new,old", Spent()).redeem(ticket, None)).user == "42"


def test_a_ticket_fits_a_subprotocol_header_and_tells_nothing(tickets: Tickets) -> None:
    ticket = tickets.issue(ME)

    assert all(c.isalnum() or c in "_-" for c in ticket)
    assert "acme" not in ticket
    assert len(ticket) < 700


def test_no_secret_no_tickets() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Tickets("", Spent())
