"""Sending mail to a real SMTP server: the sandbox's, one with TLS, and one that says what it likes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.errors import Bounced, Discard, Garbage, NotConfigured, ProviderError, UnknownEnd
from jobs.providers.mail import Mail, on_the_wire
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters

ANN = "ann@example.com"
LETTER = b"Subject: Hello\r\n\r\n.\r\n..\r\nFrom here\n.end"


def mail_by(url: str, seconds: float = 30.0, tls: ssl.SSLContext | None = None) -> Mail:
    settings = JobsSettings(
        smtp_url=url, mail_from="Garden <hello@example.com>", smtp_timeout_seconds=seconds
    )
    return Mail(settings, tls)


@pytest.fixture
def letters(sandbox: Sandbox) -> Letters:
    return sandbox.peer(Letters)


class Ask:
    """Counts how often it is asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times = 0
        self._error = error

    async def __call__(self) -> None:
        self.times += 1
        if self._error is not None:
            raise self._error


async def test_a_mail_comes_as_it_was_given(sandbox: Sandbox, letters: Letters) -> None:
    ask = Ask()

    answer = await mail_by(sandbox.smtp_url).send(ANN, LETTER, ask)

    [received] = letters.received
    assert (received.sender, list(received.recipients)) == ("hello@example.com", [ANN])
    assert received.raw == b"Subject: Hello\r\n\r\n.\r\n..\r\nFrom here\r\n.end\r\n"
    assert answer == f"250 2.0.0 Taken as {received.id}"
    assert ask.times == 1


@pytest.mark.parametrize(
    ("step", "status", "kind", "code"),
    [
        ("/connect", 421, ProviderError, "provider_error"),
        ("/connect", 554, Bounced, "refused"),
        ("/auth", 454, ProviderError, "provider_error"),
        ("/auth", 535, Discard, "unauthorized"),
        ("/mail", 451, ProviderError, "provider_error"),
        ("/mail", 550, Bounced, "refused"),
        ("/rcpt", 450, ProviderError, "provider_error"),
        ("/rcpt", 550, Bounced, "bounced"),
        ("/data", 452, ProviderError, "provider_error"),
        ("/data", 552, Bounced, "bounced"),
    ],
)
async def test_a_refusal_passes_or_stays(
    sandbox: Sandbox, letters: Letters, step: str, status: int, kind: type[Exception], code: str
) -> None:
    sandbox.switch("smtp", status=status, path=step)
    ask = Ask()

    with pytest.raises(kind, match=str(status)) as raised:
        await mail_by(sandbox.smtp_url).send(ANN, LETTER, ask)

    assert getattr(raised.value, "code", "") == code
    assert isinstance(raised.value, ProviderError) == (status < 500)
    assert ask.times == (step == "/data")
    assert letters.received == []


@pytest.mark.parametrize("step", ["/connect", "/mail", "/rcpt"])
@pytest.mark.parametrize("how", ["truncate", "garbage", "delay_seconds"])
async def test_trouble_before_the_mail_is_given_away_passes(
    sandbox: Sandbox, letters: Letters, step: str, how: str
) -> None:
    sandbox.switch("smtp", path=step, **{how: 600.0 if how == "delay_seconds" else True})
    seconds = 0.2 if how == "delay_seconds" else 30.0
    ask = Ask()

    with pytest.raises(ProviderError) as raised:
        await mail_by(sandbox.smtp_url, seconds).send(ANN, LETTER, ask)

    assert isinstance(raised.value, Garbage) == (how == "garbage")
    assert ask.times == 0
    assert letters.received == []


@pytest.mark.parametrize("how", ["truncate", "garbage", "delay_seconds"])
async def test_nobody_knows_what_became_of_a_mail_without_an_answer(
    sandbox: Sandbox, letters: Letters, how: str
) -> None:
    sandbox.switch("smtp", path="/data", **{how: 600.0 if how == "delay_seconds" else True})
    mail = mail_by(sandbox.smtp_url)

    async def in_a_hurry_from_here_on() -> None:
        mail._seconds = 0.3 if how == "delay_seconds" else 30.0

    with pytest.raises(UnknownEnd, match=r"did not say|answered"):
        await mail.send(ANN, LETTER, in_a_hurry_from_here_on)

    assert len(letters.received) == 1


async def test_who_is_not_to_send_it_sends_nothing(sandbox: Sandbox, letters: Letters) -> None:
    with pytest.raises(RuntimeError, match="not now"):
        await mail_by(sandbox.smtp_url).send(ANN, LETTER, Ask(RuntimeError("not now")))

    assert letters.received == []


async def test_a_mail_that_is_too_large_is_not_even_begun(
    sandbox: Sandbox, letters: Letters
) -> None:
    ask = Ask()

    with pytest.raises(Bounced, match="552"):
        await mail_by(sandbox.smtp_url).send(ANN, b"x" * 1_200_000, ask)

    assert ask.times == 0


async def test_a_wrong_password_is_final_and_not_told(sandbox: Sandbox) -> None:
    url = sandbox.smtp_url.replace("sandbox-password", "wrong-password")

    with pytest.raises(Discard) as raised:
        await mail_by(url).send(ANN, LETTER, Ask())

    assert raised.value.code == "unauthorized"
    assert "wrong-password" not in str(raised.value)


async def test_a_server_that_is_away_may_come_back() -> None:
    with pytest.raises(ProviderError, match="cannot be reached"):
        await mail_by("smtp://127.0.0.1:1").send(ANN, LETTER, Ask())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"smtp_url": "", "mail_from": "a@b.example"}, "SMTP_URL"),
        ({"smtp_url": "smtp://mail.example", "mail_from": ""}, "MAIL_FROM"),
    ],
    ids=["server", "sender"],
)
def test_what_is_missing_is_named(given: dict[str, Any], code: str) -> None:
    with pytest.raises(NotConfigured, match=code):
        Mail(JobsSettings(**given)).require()


def test_a_sender_that_is_none_is_said() -> None:
    with pytest.raises(Discard, match="MAIL_FROM holds no e-mail address"):
        _ = Mail(JobsSettings(smtp_url="smtp://mail.example", mail_from="Garden")).sender


def test_dots_are_stuffed_and_lines_end_alike() -> None:
    assert on_the_wire(b".a\n..b\rc\r\n\n.\n") == b"..a\r\n...b\r\nc\r\n\r\n..\r\n.\r\n"
    assert on_the_wire(b"a") == b"a\r\n.\r\n"


class Taking:
    """Keeps what comes, and whether it came encrypted."""

    def __init__(self) -> None:
        self.secure: list[bool] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: object, envelope: object
    ) -> str:
        transport = server.transport
        self.secure.append(transport is not None and bool(transport.get_extra_info("sslcontext")))
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate with its key, for localhost, which no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@asynccontextmanager
async def tls_server(certificate: Path, taking: Taking, *, first: bool) -> AsyncIterator[int]:
    """Open a server that speaks TLS from the ``first`` byte or by STARTTLS; gives its port."""
    loop, context = asyncio.get_running_loop(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    later: dict[str, Any] = {} if first else {"tls_context": context, "require_starttls": True}

    def connection() -> SMTP:
        return SMTP(taking, hostname="localhost", loop=loop, **later)

    server = await loop.create_server(connection, "localhost", 0, ssl=context if first else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("first", "url"), [(True, "smtps://localhost:{}"), (False, "smtp://localhost:{}?starttls")]
)
async def test_mail_goes_encrypted_from_the_start_or_by_starttls(
    certificate: Path, first: bool, url: str
) -> None:
    taking, trusting = Taking(), ssl.create_default_context(cafile=certificate)

    async with tls_server(certificate, taking, first=first) as port:
        await mail_by(url.format(port), tls=trusting).send(ANN, LETTER, Ask())

    assert taking.secure == [True]


@pytest.mark.parametrize(
    ("first", "url"), [(True, "smtps://localhost:{}"), (False, "smtp://localhost:{}?starttls")]
)
async def test_no_mail_goes_to_who_cannot_show_who_it_is(
    certificate: Path, first: bool, url: str
) -> None:
    taking, ask = Taking(), Ask()

    async with tls_server(certificate, taking, first=first) as port:
        with pytest.raises(ProviderError):
            await mail_by(url.format(port)).send(ANN, LETTER, ask)

    assert taking.secure == []
    assert ask.times == 0


async def test_starttls_that_is_wanted_is_not_done_without(sandbox: Sandbox) -> None:
    with pytest.raises(Discard, match="STARTTLS"):
        await mail_by(f"{sandbox.smtp_url}?starttls").send(ANN, LETTER, Ask())


async def test_a_password_goes_to_no_server_without_tls(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = "jobs.providers.mail_server.MailServer.near"
    monkeypatch.setattr(far, property(lambda server: False))

    with pytest.raises(Discard) as raised:
        await mail_by(sandbox.smtp_url).send(ANN, LETTER, Ask())

    assert raised.value.code == "insecure"
