"""Where a request may go: every way to write a private address is refused, public ones are not."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.providers.addresses import NAT64, forbidden, forbidden_name

REFUSED = [
    "0.0.0.0",  # noqa: S104 - not a place to listen
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:808:808::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdaa::3",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
    "127.1",
    "0x7f.1",
    "2130706433",
]
ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.88.98.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
]


@pytest.mark.parametrize("ip", REFUSED)
def test_a_private_or_special_address_is_refused(ip: str) -> None:
    assert forbidden(ip)


@pytest.mark.parametrize("ip", ALLOWED)
def test_a_public_address_is_allowed(ip: str) -> None:
    assert forbidden(ip) is None


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_each_of_its_ipv6_forms(ip: IPv4Address) -> None:
    mapped, nat64 = f"::ffff:{ip}", f"64:ff9b::{ip}"

    assert forbidden(mapped) == forbidden(nat64) == forbidden(ip)


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_allowed_that_python_calls_private_or_multicast(
    ip: IPv4Address | IPv6Address,
) -> None:
    if forbidden(ip) is None and ip not in NAT64:
        assert ip.is_global or getattr(ip, "ipv4_mapped", None)
        assert not ip.is_multicast


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "metadata.google.internal",
        "top1.nearest.of.app.internal",
        "printer.local",
        "router.home.arpa",
        "x.onion",
    ],
)
def test_a_name_of_the_local_network_is_not_even_looked_up(name: str) -> None:
    assert forbidden_name(name)


@pytest.mark.parametrize("name", ["example.com", "internal.example.com", "local.de", "8.8.8.8"])
def test_a_public_name_may_be_looked_up(name: str) -> None:
    assert forbidden_name(name) is None
