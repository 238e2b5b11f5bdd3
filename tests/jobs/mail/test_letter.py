"""A mail's bytes, read back as a mail program would."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest

from jobs.mail.letter import Letter, Sender, one_line

LINK = "https://jobs.example.com/unsubscribe/" + "x" * 43
TEXT = "The garden **opens** on Sunday.\n\n* Gate: <b>ten</b>\n* [Map](https://garden.example/map?a=1&b=2)\n"
LETTER = Letter(
    sender=Sender("Gärtnerei & Co.", "hello@example.com"),
    reply_to=None,
    to="ann@example.net",
    subject="Es geht los — ändert nichts, oder doch? Näheres im Garten bei Müllers am Sonntagmorgen",
    text=TEXT,
    message_id="<019ad0b8-0000-7000-8000-000000000000@example.com>",
    date=datetime(2026, 11, 29, 11, 0, tzinfo=UTC),
    one_click=LINK,
)


def read(letter: Letter) -> EmailMessage:
    message = message_from_bytes(bytes(letter), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(letter: Letter, kind: str) -> str:
    found = read(letter).get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_a_mail_says_who_writes_what_to_whom() -> None:
    message = read(LETTER)

    assert message["from"] == '"Gärtnerei & Co." <hello@example.com>'
    assert message["to"] == "ann@example.net"
    assert message["subject"] == LETTER.subject
    assert message["message-id"] == LETTER.message_id
    assert message["date"].datetime == LETTER.date
    assert message["auto-submitted"] == "auto-generated"
    assert message["reply-to"] is None
    assert not message.defects


def test_the_same_text_comes_plain_and_as_html() -> None:
    assert read(LETTER).get_content_type() == "multipart/alternative"
    assert part(LETTER, "plain").startswith(TEXT.rstrip())
    assert "<strong>opens</strong>" in part(LETTER, "html")
    assert 'href="https://garden.example/map?a=1&amp;b=2"' in part(LETTER, "html")


def test_html_in_the_text_stays_text() -> None:
    html = part(replace(LETTER, text="<script>x</script> <img src=x onerror=y>"), "html")

    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](vbscript:x)",
        "![a](https://spy.example/pixel.gif)",
        "[a](https://x.example/ \"onmouseover='y'\")",
    ],
    ids=range(6),
)
def test_nothing_in_the_html_runs_or_loads(text: str) -> None:
    html = Seen()
    html.feed(part(replace(LETTER, text=text, subject="Hello"), "html"))

    assert {name for name, _ in html.attributes if name.startswith("on")} == set()
    assert {value for name, value in html.attributes if name == "src"} == set()
    links = [value or "" for name, value in html.attributes if name == "href"]
    assert [link for link in links if not link.startswith("https://")] == []


class Seen(HTMLParser):
    """Notes every attribute of a page, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs


def test_a_title_cannot_leave_its_tag() -> None:
    html = part(replace(LETTER, subject="</title><script>{x}</script>"), "html")

    assert "<script" not in html
    assert "&lt;/title&gt;" in html


def test_lines_of_plain_text_stay_lines() -> None:
    html = part(replace(LETTER, text="11:00  one\n12:00  two"), "html")

    assert "11:00  one<br" in html


def test_a_reader_unsubscribes_in_one_click() -> None:
    raw, message = bytes(LETTER), read(LETTER)

    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in raw
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert part(LETTER, "plain").rstrip().endswith(f"\n-- \nStop these mails: {LINK}")
    assert f'href="{LINK}"' in part(LETTER, "html")


def test_without_a_link_the_sender_is_asked() -> None:
    message = read(replace(LETTER, one_click=None))
    answered = read(replace(LETTER, one_click=None, reply_to=Sender("", "desk@example.com")))

    assert message["list-unsubscribe"] == "<mailto:hello@example.com?subject=unsubscribe>"
    assert message["list-unsubscribe-post"] is None
    assert answered["list-unsubscribe"] == "<mailto:desk@example.com?subject=unsubscribe>"
    assert answered["reply-to"] == "desk@example.com"


def test_a_mail_that_belongs_to_no_list_has_no_way_out() -> None:
    message = read(replace(LETTER, one_click=None, listed=False))

    assert message["list-unsubscribe"] is None
    assert "Stop these mails" not in part(replace(LETTER, one_click=None), "html")


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: eve@example.com", "\nX: y", "\r", "\x00", "\u2028Bcc: e"]
)
def test_nobody_writes_headers_into_it(evil: str) -> None:
    named = Sender.read(f'"A{evil}" <a@b.example>')

    message = read(replace(LETTER, subject=f"Hello{evil}", sender=named))

    assert message["bcc"] is None
    assert message["x"] is None
    assert message["subject"].startswith("Hello")
    assert message.get_body(("plain",)) is not None


def test_the_bytes_are_ascii_in_lines_that_every_server_takes() -> None:
    raw = bytes(replace(LETTER, text="ü" * 5_000 + "\n.\n..\nFrom me\n" + "x" * 3_000))
    lines = raw.split(b"\r\n")

    assert raw.isascii()
    assert max(len(line) for line in lines) <= 998
    assert b"\n" not in b"".join(lines)
    assert part(replace(LETTER, text="\n.\n..\nFrom me"), "plain").startswith("\n.\n..\nFrom me")


def test_written_again_it_is_the_same_mail() -> None:
    assert [*read(LETTER).items()][:6] == [*read(LETTER).items()][:6]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("hello@example.com", "", "hello@example.com"),
        ("Garden <hello@example.com>", "Garden", "hello@example.com"),
        ('"Garden, the" <hello@bücher.example>', "Garden, the", "hello@xn--bcher-kva.example"),
    ],
    ids=range(3),
)
def test_a_sender_is_read(text: str, name: str, address: str) -> None:
    assert Sender.read(text) == Sender(name, address)


@pytest.mark.parametrize("text", ["", "Garden", "Garden <nobody>", "a@b.example, c@d.example x"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Sender.read(text)


def test_a_line_keeps_what_holds_letters_together() -> None:
    family = "👨\u200d👩\u200d👧"

    assert one_line(f" Hi\t{family}\n\n there\u202e ") == f"Hi {family} there"
