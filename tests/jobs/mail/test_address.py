"""Addresses of mailboxes: what is one, how it is spelt, and who may have mail."""

import pytest

from jobs.mail.address import Allowed, ascii_address, same


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        ("ann@example.com", "ann@example.com"),
        (" Ann.B+tag@Example.COM ", "Ann.B+tag@example.com"),
        ("o'neill@a-b.example", "o'neill@a-b.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
    ids=["plain", "capitals", "apostrophe", "umlaut", "kanji", "longest"],
)
def test_an_address_has_one_spelling(given: str, spelt: str) -> None:
    assert ascii_address(given) == spelt


BAD = [
    "", "ann", "@example.com", "ann@", "ann@localhost", "a b@example.com", "ann@exa mple.com",
    "ann@@example.com", ".ann@example.com", "ann..b@example.com", "ann.@example.com", '"a b"@example.com',
    "ann@example.com\nBcc: bob@example.com", "ann\r\n@example.com", "ann@example.com,bob@example.com",
    "Ann <ann@example.com>", "ann@-a.example", "ann@a-.example", "ann@.example", "ann@example..com",
    "ann@[127.0.0.1]", "δοκιμή@example.com", "a" * 65 + "@example.com", "ann@" + "a" * 64 + ".example",
    "ann@" + "a." * 130 + "example", "ann@\u2028.example", "ann@xn--.example\x00",
]  # fmt: skip


@pytest.mark.parametrize("given", BAD, ids=range(len(BAD)))
def test_what_no_server_could_take_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"no e-mail address|no domain name"):
        ascii_address(given)


@pytest.mark.parametrize(
    ("setting", "address", "yes"),
    [
        ("", "ann@example.com", False),
        ("*", "ann@example.com", True),
        ("ann@example.com", "ANN@example.com", True),
        ("bob@example.com, ann@example.com", "ann@example.com", True),
        ("bob@example.com", "ann@example.com", False),
        ("@example.com", "ann@example.com", True),
        ("@Example.com ,", "ann@example.com", True),
        ("@example.com", "ann@sub.example.com", False),
        ("@example.com", "ann@notexample.com", False),
        ("@bücher.example", "ann@xn--bcher-kva.example", True),
        ("example.com", "ann@example.com", False),
        (" , ,", "ann@example.com", False),
    ],
    ids=range(12),
)
def test_the_operator_allows_addresses_domains_or_all(
    setting: str, address: str, yes: bool
) -> None:
    assert (address in Allowed(setting)) == yes


def test_capital_letters_make_no_other_mailbox() -> None:
    assert same("Ann@example.com", "ann@example.com")
    assert not same("ann@example.com", None)
