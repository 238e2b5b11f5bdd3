"""Who is let in over a WebSocket, from where, and with what."""

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import SUBPROTOCOL, greeted, opened, refusal
from tests.conformance.target import Visitor

ENDS = {401, 403}


@rule()
async def the_server_picks_the_subprotocol_jobcast_v1(visitor: Visitor) -> None:
    socket = await opened(visitor, protocols=("other.v9", SUBPROTOCOL))

    expect(socket.connection.subprotocol, SUBPROTOCOL, "the subprotocol")


@rule()
async def without_the_subprotocol_there_is_no_upgrade(visitor: Visitor) -> None:
    for protocols in [(), ("jobcast.v2",)]:
        require(await refusal(visitor, protocols=protocols) in ENDS, f"{protocols} was accepted")


@rule()
async def without_proof_of_who_one_is_there_is_no_upgrade(visitor: Visitor) -> None:
    for headers in [{}, {"Authorization": "Bearer nobody.knows.me"}]:
        require(await refusal(visitor, headers=headers) in ENDS, f"{headers} was accepted")


@rule()
async def a_ticket_opens_a_socket_and_is_not_echoed(visitor: Visitor) -> None:
    ticket = await visitor.ticket()

    socket = await greeted(visitor, protocols=(SUBPROTOCOL, f"ticket.{ticket}"), headers={})

    expect(socket.connection.subprotocol, SUBPROTOCOL, "the subprotocol")
    expect(socket.heard[0]["user"], visitor.user, "the user of the welcome")


@rule()
async def a_ticket_used_again_or_made_up_closes_with_4001(visitor: Visitor) -> None:
    ticket = await visitor.ticket()
    await opened(visitor, protocols=(SUBPROTOCOL, f"ticket.{ticket}"), headers={})

    for brought in (ticket, ticket[:-4] + "AAAA", "tk_", "x" * 4000):
        again = await opened(visitor, protocols=(SUBPROTOCOL, f"ticket.{brought}"), headers={})
        expect(await again.closed(), 4001, f"the close code of {brought[:20]}…")


@rule()
async def a_ticket_got_by_a_page_is_of_use_to_that_page_only(visitor: Visitor) -> None:
    ticket = await visitor.ticket(origin=visitor.target.origin)

    socket = await opened(visitor, protocols=(SUBPROTOCOL, f"ticket.{ticket}"), headers={})

    expect(await socket.closed(), 4001, "the close code without the page's origin")


@rule()
async def a_narrowed_ticket_hears_its_channels_only(visitor: Visitor) -> None:
    job = await visitor.submit()
    ticket = await visitor.ticket(f"job:{job}")
    socket = await greeted(visitor, protocols=(SUBPROTOCOL, f"ticket.{ticket}"), headers={})

    expect((await socket.sub(f"job:{job}"))["t"], "subbed", "the channel of the ticket")
    expect((await socket.sub("me"))["t"], "err", "another channel")


@rule()
async def a_foreign_page_is_refused_before_the_upgrade(visitor: Visitor) -> None:
    origins = ["https://evil.example", f"{visitor.target.origin}.evil.example", "null", "file://"]
    for origin in origins:
        require(await refusal(visitor, origin=origin) in ENDS, f"{origin} was accepted")
    expect(await refusal(visitor, origin=visitor.target.origin), 101, "the server's own page")


@rule()
async def compression_is_not_negotiated(visitor: Visitor) -> None:
    socket = await opened(visitor, compression="deflate")

    response = socket.connection.response
    require(response is not None and "Sec-WebSocket-Extensions" not in response.headers, "it is")
