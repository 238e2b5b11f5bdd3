"""Where an outgoing request may go: never into a private network, however the address is written.

Source: the IANA special-purpose registries, and the cloud providers' own addresses that those call
public. ``ipaddress.is_global`` alone misses several of them, so the list here is our own.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPAddress = IPv4Address | IPv6Address

DENIED_4 = {
    IPv4Network("0.0.0.0/8"): "this network",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "carrier-grade NAT or cloud metadata",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "cloud metadata",
    IPv4Network("169.254.0.0/16"): "link-local or cloud metadata",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "protocol assignments",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.88.99.0/24"): "6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "benchmarking",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
UNICAST_6 = IPv6Network("2000::/3")
DENIED_6 = {
    IPv6Network("2001::/23"): "protocol assignments or Teredo",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2002::/16"): "6to4",
    IPv6Network("3fff::/20"): "documentation",
}
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = {0x0000_5EFE, 0x0200_5EFE}
DENIED_NAMES = ("localhost", "internal", "local", "localdomain", "home.arpa", "onion")


def forbidden(ip: str | IPAddress) -> str | None:
    """Return why a request must not go to ``ip``, or None when it is a public unicast address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return "not an IP address"
    if isinstance(address, IPv4Address):
        return listed(address)
    inner = embedded(address)
    if inner is not None:
        return listed(inner)
    if address not in UNICAST_6:
        return "not a public IPv6 address"
    return next((why for network, why in DENIED_6.items() if address in network), None)


def listed(address: IPv4Address) -> str | None:
    """Return the reason of the first network that holds ``address``."""
    return next((why for network, why in DENIED_4.items() if address in network), None)


def embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address a packet to ``address`` really reaches, if there is one.

    IPv4-mapped, NAT64 (RFC 6052) and ISATAP (RFC 5214) are unwrapped; 6to4, Teredo and
    IPv4-compatible addresses have no use left and are denied as a whole.
    """
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    low = int(address) & 0xFFFF_FFFF
    if address in NAT64:
        return IPv4Address(low)
    if int(address) >> 32 & 0xFFFF_FFFF in ISATAP and listed(IPv4Address(low)):
        return IPv4Address(low)
    return None


def forbidden_name(host: str) -> str | None:
    """Return why ``host`` must not even be looked up, or None."""
    name = host.rstrip(".").lower()
    if any(name == tail or name.endswith(f".{tail}") for tail in DENIED_NAMES):
        return "a name of the local network"
    return None
