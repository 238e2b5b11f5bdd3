"""What SMTP_URL says."""

import pytest

from jobs.errors import Discard
from jobs.providers.mail_server import MailServer


@pytest.mark.parametrize(
    ("url", "expected", "start_tls"),
    [
        ("smtp://mail.example", ("mail.example", 25, "if_offered"), None),
        ("smtp://mail.example:587", ("mail.example", 587, "always"), True),
        ("smtp://mail.example:587?starttls=0", ("mail.example", 587, "never"), False),
        ("smtp://mail.example:2525?starttls", ("mail.example", 2525, "always"), True),
        ("smtp://mail.example:25/?starttls=true", ("mail.example", 25, "always"), True),
        ("smtps://mail.example", ("mail.example", 465, "from_start"), False),
        ("smtps://mail.example:4650", ("mail.example", 4650, "from_start"), False),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, "if_offered"), False),
        ("smtp://localhost:1025", ("localhost", 1025, "if_offered"), False),
        ("smtp://[::1]:1025", ("::1", 1025, "if_offered"), False),
        ("smtp://10.0.0.1:1025", ("10.0.0.1", 1025, "if_offered"), None),
    ],
    ids=range(11),
)
def test_a_url_tells_where_and_how(
    url: str, expected: tuple[str, int, str], start_tls: bool | None
) -> None:
    server = MailServer.read(url)

    assert (server.host, server.port, server.encryption) == expected
    assert server.start_tls is start_tls
    assert server.user == ""


def test_a_password_may_have_any_letter_and_is_not_shown() -> None:
    server = MailServer.read("smtp://apikey%40x:p%40ss%3Aw%2F%23@mail.example:587")

    assert (server.user, server.password) == ("apikey@x", "p@ss:w/#")
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://u:secret@",
        "",
    ],
    ids=range(6),
)
def test_what_makes_no_sense_is_not_repeated(url: str) -> None:
    with pytest.raises(Discard) as raised:
        MailServer.read(url)

    assert raised.value.code == "bad_url"
    assert "secret" not in str(raised.value)
