"""Twilio's signature, by the example in Twilio's own documentation and libraries."""

import pytest

from jobs.providers.twilio_signature import is_signed, signature

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
KNOWN = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_it_is_what_twilio_computes_in_whatever_order_the_fields_come() -> None:
    assert signature(TOKEN, URL, FIELDS) == KNOWN
    assert signature(TOKEN, URL, FIELDS[::-1]) == KNOWN
    assert is_signed(TOKEN, KNOWN, URL, FIELDS)


@pytest.mark.parametrize(
    ("token", "given", "url", "fields"),
    [
        ("12346", KNOWN, URL, FIELDS),
        ("", signature("", URL, FIELDS), URL, FIELDS),
        (TOKEN, "", URL, FIELDS),
        (TOKEN, KNOWN[:-2] + "9=", URL, FIELDS),
        (TOKEN, "ÿ", URL, FIELDS),
        (TOKEN, KNOWN, URL.replace("foo=1", "foo=2"), FIELDS),
        (TOKEN, KNOWN, URL.replace("https", "http"), FIELDS),
        (TOKEN, KNOWN, URL.replace("mycompany", "other"), FIELDS),
        (TOKEN, KNOWN, f"{URL}&more=1", FIELDS),
        (TOKEN, KNOWN, URL.replace(".com", ".com:8443"), FIELDS),
        (TOKEN, KNOWN, URL, FIELDS[1:]),
        (TOKEN, KNOWN, URL, [*FIELDS, ("Z", "")]),
        (TOKEN, KNOWN, URL, [*FIELDS[:-1], ("To", "+18005551213")]),
    ],
    ids=[
        *("token", "empty_token", "nothing", "forged", "no_text", "query", "scheme", "host"),
        *("added", "port", "less", "more", "changed"),
    ],
)
def test_whatever_is_changed_is_not_signed(
    token: str, given: str, url: str, fields: list[tuple[str, str]]
) -> None:
    assert not is_signed(token, given, url, fields)


@pytest.mark.parametrize(
    ("signed", "asked"),
    [
        ("https://a.example/x", "https://a.example:443/x"),
        ("https://a.example:443/x?y=1", "https://a.example/x?y=1"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://[::1]:443/x", "https://[::1]/x"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("http://a:b/x", "http://a:b/x"),
    ],
)
def test_a_schemes_own_port_may_stand_there_or_not(signed: str, asked: str) -> None:
    assert is_signed(TOKEN, signature(TOKEN, signed, FIELDS), asked, FIELDS)
