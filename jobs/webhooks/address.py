"""Where a webhook may point: refused at once is what can never be right, whatever DNS says later.

Every try checks the addresses a name leads to again (``providers.transport``).
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, ip_address

from jobs.errors import Discard, InvalidWebhook
from jobs.providers.addresses import IPAddress, forbidden
from jobs.providers.transport import Target


def checked(url: str, private_hosts: Collection[str]) -> str:
    """Return ``url`` in the form it is kept: no fragment, a lower-case host.

    Raises InvalidWebhook for another scheme than http and https, a user name in it, an unusual port,
    a name of the local network, or an address that is private however it is written.
    """
    try:
        target = Target.parse(url, private_hosts)
    except Discard as error:
        raise InvalidWebhook(str(error)) from error
    address = literal(target.host)
    why = forbidden(address) if address is not None else None
    if why and not target.private:
        raise InvalidWebhook(f"{target.host} may not be sent to: its address is {why}.")
    return str(target.url)


def literal(host: str) -> IPAddress | None:
    """Return the address ``host`` spells, the old ways (``0x7f.1``, ``2130706433``) included."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None
