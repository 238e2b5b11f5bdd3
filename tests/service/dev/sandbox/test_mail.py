"""The sandbox's mail server, and its pages: what came can be looked at, and runs nothing."""

import asyncio
import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx2
import pytest

from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters
from service.dev.sandbox.smtp import PASSWORD, USER
from service.dev.sandbox.told import settings_at


def letter(subject: str = "Hello <b>", html: str = "<p>Hi <script>x</script></p>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "ann@example.com", subject
    made["Message-ID"] = "<1@example.com>"
    made.set_content("Hi in text")
    made.add_alternative(html, subtype="html")
    return made


def post(
    sandbox: Sandbox, mail: EmailMessage, to: str = "ann@example.com", user: str = USER
) -> None:
    """Send as anybody's program would, by the standard library."""
    at = urlsplit(sandbox.smtp_url)
    with smtplib.SMTP(at.hostname or "", at.port or 0, timeout=10) as client:
        client.login(user, PASSWORD)
        client.send_message(mail, to_addrs=[to])


async def test_a_mail_is_shown_in_the_browser_and_as_json(
    sandbox: Sandbox, caller: httpx2.AsyncClient
) -> None:
    await asyncio.to_thread(post, sandbox, letter())

    listed = (await caller.get("/mail/messages")).json()
    whole = (await caller.get("/mail/messages/1")).json()
    overview, page, html, raw = [
        await caller.get(f"/mail/{part}") for part in ("", "1", "1/html", "1/raw")
    ]

    assert [(m["id"], m["to"], m["subject"]) for m in listed] == [
        (1, ["ann@example.com"], "Hello <b>")
    ]
    assert whole["message_id"] == "<1@example.com>"
    assert whole["text"].strip() == "Hi in text"
    assert ["Subject", "Hello <b>"] in whole["headers"]
    assert 'href="1">Hello &lt;b&gt;</a>' in overview.text
    assert '<iframe sandbox title="HTML" src="1/html">' in page.text
    assert "<script>" not in page.text
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert raw.headers["content-type"].startswith("text/plain")
    assert "Message-ID: <1@example.com>" in raw.text


async def test_mails_are_found_by_address_and_forgotten(
    sandbox: Sandbox, caller: httpx2.AsyncClient
) -> None:
    for to in ("ann@example.com", "bob@example.com"):
        await asyncio.to_thread(post, sandbox, letter(), to)

    ours = (await caller.get("/mail/messages?to=bob@example.com")).json()
    await caller.delete("/mail/messages")

    assert [mail["id"] for mail in ours] == [2]
    assert (await caller.get("/mail/messages")).json() == []
    assert "Nothing has come" in (await caller.get("/mail/")).text
    assert {(await caller.get(f"/mail/{part}")).status_code for part in ("1", "1/raw")} == {404}


async def test_nobody_sends_without_the_password(sandbox: Sandbox) -> None:
    at = urlsplit(sandbox.smtp_url)

    def unsigned() -> None:
        with smtplib.SMTP(at.hostname or "", at.port or 0, timeout=10) as client:
            client.send_message(letter())

    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(post, sandbox, letter(), user="eve")
    with pytest.raises(smtplib.SMTPSenderRefused):
        await asyncio.to_thread(unsigned)
    assert sandbox.peer(Letters).received == []


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("a@bounce.example", 550),
        ("a@full.example", 452),
        ("a@BUSY.example", 451),
        ("a@spam.example", 550),
    ],
)
async def test_some_addresses_always_have_the_same_trouble(
    sandbox: Sandbox, to: str, status: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as raised:
        await asyncio.to_thread(post, sandbox, letter(), to)

    assert raised.value.recipients[to][0] == status


async def test_it_fails_as_it_is_told_over_http(
    sandbox: Sandbox, caller: httpx2.AsyncClient
) -> None:
    switch = {"status": 451, "path": "/data", "times": 1}
    answer = await caller.put("/_switches/smtp", json=switch)

    with pytest.raises(smtplib.SMTPDataError):
        await asyncio.to_thread(post, sandbox, letter())
    await asyncio.to_thread(post, sandbox, letter())

    assert answer.status_code == 200
    assert len(sandbox.peer(Letters).received) == 1


def test_the_settings_lead_to_it_unless_somebody_has_their_own(sandbox: Sandbox) -> None:
    ours = settings_at(sandbox.url, {}, sandbox.smtp_url)
    theirs = settings_at(sandbox.url, {"SMTP_URL": "smtp://mail.example"}, sandbox.smtp_url)

    assert ours["SMTP_URL"] == sandbox.smtp_url
    assert ours["MAIL_ALLOW"] == "*"
    assert not {name for name in theirs if name.startswith(("SMTP", "MAIL"))}
