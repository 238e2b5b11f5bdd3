"""What a mail server's answer leads to."""

import pytest

from jobs.errors import Bounced, Discard, Garbage, ProviderError
from jobs.providers.mail_errors import address_is_bad, answered, refusal


@pytest.mark.parametrize(
    ("status", "about_mail", "kind", "code"),
    [
        (421, False, ProviderError, "provider_error"),
        (450, True, ProviderError, "provider_error"),
        (454, False, ProviderError, "provider_error"),
        (550, True, Bounced, "bounced"),
        (554, True, Bounced, "bounced"),
        (550, False, Bounced, "refused"),
        (535, False, Discard, "unauthorized"),
        (530, False, Discard, "unauthorized"),
        (-1, False, Garbage, "garbage"),
        (399, True, Garbage, "garbage"),
    ],
    ids=range(10),
)
def test_the_first_digit_decides(
    status: int, about_mail: bool, kind: type[Exception], code: str
) -> None:
    found = refusal("mail.example", status, "No.", about_mail=about_mail)

    assert type(found) is kind
    assert found.code == code
    assert isinstance(found, Discard) == (kind in {Bounced, Discard})


@pytest.mark.parametrize(
    ("answer", "bad"),
    [
        ("550 5.1.1 No such user", True),
        ("550 5.1.10 Null MX", True),
        ("550 5.2.1 Disabled", True),
        ("551 5.1.6 Moved", True),
        ("550 No such user here", True),
        ("553 mailbox name not allowed", True),
        ("550 5.7.1 Listed as spam", False),
        ("550 5.2.2 Over quota", False),
        ("552 Too large", False),
        ("554 5.7.1 Rejected", False),
        ("554 No SMTP service", False),
        ("", False),
    ],
    ids=range(12),
)
def test_only_some_refusals_blame_the_address(answer: str, bad: bool) -> None:
    assert address_is_bad(answer) == bad


def test_an_answer_is_one_line() -> None:
    assert answered(550, "5.1.1 No\nsuch\r\n user\x00\udcff") == "550 5.1.1 No such user"
    assert len(answered(550, "x" * 5_000)) <= 300
