"""Who is at the other end of a connection that came through a router: told by it, never by the client.

A client may send ``X-Forwarded-For`` itself. Each router in front of us adds, at its right end, the address
that connected to *it*: with ``TRUSTED_PROXIES=1`` the last entry is true, and all to the left is hearsay.
Where the platform names the client in a header of its own, ``CLIENT_ADDRESS_HEADER`` says which.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from service.settings import ServiceSettings

FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_PROTO = b"x-forwarded-proto"
SECURE = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}
ANYBODY = "*"


class Proxies:
    """Puts the client's address and scheme into the scope, when the peer is a router that is believed."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self.app = app
        self._count = settings.trusted_proxies
        self._header = settings.client_header.encode().lower()
        self._anybody = settings.forwarded_allow_ips.strip() == ANYBODY
        self._peers = [] if self._anybody else networks(settings.forwarded_allow_ips)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with what a router that is believed has told."""
        if scope["type"] != "lifespan" and self._count and self._believed(scope.get("client")):
            self._hear(scope)
        await self.app(scope, receive, send)

    def _believed(self, client: Sequence[object] | None) -> bool:
        if self._anybody:
            return True
        address = plain_address(str(client[0])) if client else ""
        return bool(address) and any(ip_address(address) in peers for peers in self._peers)

    def _hear(self, scope: Scope) -> None:
        told: dict[bytes, list[str]] = {FORWARDED_PROTO: [], self._header: []}
        for name, value in scope["headers"]:
            if name in told:
                told[name] += value.decode("latin-1").split(",")
        address = plain_address(nth_last(told[self._header], self._hops))
        if address:
            scope["client"] = (address, 0)
        schemes = told[FORWARDED_PROTO]
        scheme = (nth_last(schemes, self._count) or nth_last(schemes, 1)).lower()
        scope["scheme"] = SECURE[scope["type"]].get(scheme, scope["scheme"])

    @property
    def _hops(self) -> int:
        """Return which entry from the right is true; a header of the platform's own has but one."""
        return self._count if self._header == FORWARDED_FOR else 1


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks of a list with commas. Raises ValueError for what is neither."""
    return [ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip()]


def nth_last(entries: Sequence[str], count: int) -> str:
    """Return an entry counted from the right, "" when there are not so many."""
    return entries[-count].strip() if len(entries) >= count else ""


def plain_address(text: str) -> str:
    """Return an address in its one form, without a port; "" for what is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
