"""A mail server, spoken to in SMTP (RFC 5321): a connection for each mail, step by step.

Step by step, because only one of them must not be repeated: the mail itself, once it has been given away.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import httpx2

from jobs.errors import Discard, NotConfigured, ProviderError, UnknownEnd
from jobs.mail.address import Allowed
from jobs.mail.letter import Sender
from jobs.mail.links import Links
from jobs.providers.mail_errors import answered, outcome_of, refusal
from jobs.providers.mail_server import MailServer
from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from aiosmtplib import SMTP

LINE_END = re.compile(rb"\r\n|\r|\n")
DOT = re.compile(rb"^\.", re.MULTILINE)
GO_ON = 354
SUCCESS = range(200, 300)
REFUSAL = range(400, 600)

Ask = Callable[[], Awaitable[None]]


class Mail:
    """Sends mail by the server that the settings name, as the sender they name.

    ``tls`` is for servers whose certificate no usual authority has signed.
    """

    def __init__(self, settings: JobsSettings, tls: ssl.SSLContext | None = None) -> None:
        self._url = settings.smtp_url.get_secret_value()
        self._from, self._reply_to = settings.mail_from, settings.mail_reply_to
        self._seconds = settings.smtp_timeout_seconds
        self._tls = tls
        self._links = Links(settings)
        self.allowed = Allowed(settings.mail_allow)

    def require(self) -> None:
        """Raise NotConfigured, naming the first setting that is missing."""
        if not self._url:
            raise NotConfigured("SMTP_URL")
        if not self._from:
            raise NotConfigured("MAIL_FROM")

    @property
    def sender(self) -> Sender:
        """Return who writes. Raises NotConfigured, Discard (``bad_sender``)."""
        self.require()
        return read_sender("MAIL_FROM", self._from)

    @property
    def reply_to(self) -> Sender | None:
        """Return who gets the answers, None for the sender. Raises Discard (``bad_sender``)."""
        return read_sender("MAIL_REPLY_TO", self._reply_to) if self._reply_to else None

    def unsubscribe_link(self, email_id: UUID) -> str | None:
        """Return the link by which a mail's reader gets no more of them; None without PUBLIC_URL."""
        return self._links.of(email_id)

    async def send(self, to: str, letter: bytes, ask: Ask) -> str:
        """Give one mail to the server and return its answer.

        ``ask`` is called when the server waits for the mail: what it raises ends this, and nothing is
        sent. Raises ProviderError for what may pass, Discard (Bounced among them) for what stays, and
        UnknownEnd when the server was given the whole mail and did not say what became of it.
        """
        server, content = MailServer.read(self._url), on_the_wire(letter)
        async with self._open(server) as client:
            with told_by(server.host):
                async with asyncio.timeout(self._seconds):
                    await self._sign_in(client, server)
                    await self._address(client, to, len(content))
            await ask()
            return await self._give(client, server.host, content)

    @asynccontextmanager
    async def _open(self, server: MailServer) -> AsyncIterator["SMTP"]:
        """Give a client that is not connected yet, and take leave of the server at the end.

        Nobody waits for the answer to QUIT: what became of the mail has to be written down first.
        """
        from aiosmtplib import SMTP  # noqa: PLC0415 - two megabytes, which who sends no mail never pays

        tls = self._tls or await asyncio.to_thread(authorities)
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self.sender.domain,
            timeout=self._seconds,
            use_tls=server.encryption == "from_start",
            start_tls=server.start_tls,
            tls_context=tls,
        )
        try:
            yield client
            with suppress(Exception):
                if client.protocol is not None:
                    client.protocol.write(b"QUIT\r\n")
        finally:
            client.close()

    async def _sign_in(self, client: "SMTP", server: MailServer) -> None:
        """Connect, and say who we are. Raises aiosmtplib's errors, Discard (``insecure``)."""
        await client.connect()
        if not server.user:
            return
        if client.get_transport_info("sslcontext") is None and not server.near:
            raise Discard(f"{server.host} offers no TLS: it gets no password.", code="insecure")
        await client.login(server.user, server.password)

    async def _address(self, client: "SMTP", to: str, size: int) -> None:
        """Say from whom, to whom, and that a mail comes. Raises aiosmtplib's errors."""
        from aiosmtplib import SMTPDataError  # noqa: PLC0415 - it is loaded

        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        sized = [f"SIZE={size}"] if client.supports_extension("size") else []
        await client.mail(self.sender.address, options=sized)
        await client.rcpt(to)
        answer = await client.execute_command(b"DATA")
        if answer.code != GO_ON:
            raise SMTPDataError(answer.code, answer.message)

    async def _give(self, client: "SMTP", host: str, content: bytes) -> str:
        """Give the mail away. From the first byte on nobody knows, until the server has answered."""
        protocol = client.protocol
        if protocol is None or not protocol.is_connected:
            raise ProviderError(f"{host} hung up.")
        protocol.write(content)
        try:
            answer = await protocol.read_response(timeout=self._seconds)
        except Exception as error:
            raise UnknownEnd(
                f"{host} was given the mail and did not say that it took it."
            ) from error
        if answer.code in SUCCESS:
            return answered(answer.code, answer.message)
        if answer.code in REFUSAL:
            raise refusal(host, answer.code, answer.message, about_mail=True)
        raise UnknownEnd(f"{host} was given the mail and answered {answer.code}.")


@contextmanager
def told_by(host: str) -> Iterator[None]:
    """Turn what goes wrong before the mail is given away into our own errors."""
    from aiosmtplib import SMTPException  # noqa: PLC0415 - it is loaded

    try:
        yield
    except (SMTPException, OSError) as error:  # a time-out is one of the latter
        raise outcome_of(host, error) from error


@cache
def authorities() -> ssl.SSLContext:
    """Return the TLS context that trusts the usual authorities and the system's; 50 ms, so once.

    One of our own: the one for HTTP says so in its handshake.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def on_the_wire(letter: bytes) -> bytes:
    """Return a mail as it stands behind DATA (RFC 5321 §4.5.2), with the dot that ends it."""
    stuffed = DOT.sub(b"..", LINE_END.sub(b"\r\n", letter))
    end = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
    return b"".join((stuffed, end, b".\r\n"))


def read_sender(variable: str, text: str) -> Sender:
    """Return the sender that a setting names. Raises Discard (``bad_sender``)."""
    try:
        return Sender.read(text)
    except ValueError as error:
        raise Discard(f"{variable} holds no e-mail address: {error}.", code="bad_sender") from error
