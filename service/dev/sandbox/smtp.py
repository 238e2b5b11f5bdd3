"""The mail server: real SMTP, whose mail goes nowhere but to ``mail``. It fails by the switch ``smtp``.

A switch's ``path`` names the step: ``/connect /auth /mail /rcpt /data``. ``status`` is the code answered,
``garbage`` an answer that is none, ``truncate`` hangs up instead of answering; of ``/data`` both do so when
the mail was kept. Some addresses always have the same trouble, see ANSWERS.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from service.dev.sandbox.mail import Letters
from service.dev.sandbox.switches import Switch, Switches

NAME = "smtp"
USER, PASSWORD = "sandbox", "sandbox-password"
LARGEST = 1024 * 1024
ANSWERS = {
    "bounce.example": "550 5.1.1 There is nobody of that name here",
    "full.example": "452 4.2.2 The mailbox is full",
    "busy.example": "451 4.7.1 Come again later",
    "spam.example": "550 5.7.1 That looks like spam",
}
"""Domain → what a mail to it is answered, in every attempt."""


class PostOffice:
    """What the server's connections share: who takes the mail, and how they are told to fail."""

    def __init__(self, letters: Letters, switches: Switches) -> None:
        self.letters = letters
        self.switches = switches
        self.open: set[Counter] = set()

    def connection(self) -> SMTP:
        """Return what speaks with one client, on the running loop."""
        return Counter(self)

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        """Let one user in."""
        switch = self.switches.take(NAME, "/auth")
        if switch is not None and switch.status is not None:
            return AuthResult(success=False, handled=False, message=told(switch.status))
        good = given == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False, auth_data=given)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names, here and below
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Any:
        """Take the sender, of who has signed in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        return await self._spoilt(server, "/mail") or MISSING

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Any:
        """Take a recipient."""
        trouble = ANSWERS.get(address.rpartition("@")[2].lower())
        return trouble or await self._spoilt(server, "/rcpt") or MISSING

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the mail."""
        switch = self.switches.take(NAME, "/data")
        if switch is not None and switch.status is not None:
            await asyncio.sleep(switch.delay_seconds)
            return told(switch.status)
        content = envelope.original_content or b""
        mail = self.letters.keep(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        spoilt = await spoil(switch, server) if switch is not None else None
        return spoilt or f"250 2.0.0 Taken as {mail.id}"

    async def _spoilt(self, server: SMTP, step: str) -> str | None:
        switch = self.switches.take(NAME, step)
        return await spoil(switch, server) if switch is not None else None


class Counter(SMTP):
    """One connection; its greeting can fail too."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        super().__init__(
            office,
            hostname="sandbox.example",
            ident="SMTP",
            data_size_limit=LARGEST,
            auth_require_tls=False,
            authenticator=office.authenticate,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._office.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        self._office.open.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """End at once, in the middle of whatever it is."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def _handle_client(self) -> None:
        try:
            await self._greet()
        except asyncio.CancelledError:  # the client has gone
            self.hang_up()
            raise

    async def _greet(self) -> None:
        switch = self._office.switches.take(NAME, "/connect")
        answer = await spoil(switch, self) if switch is not None else None
        if answer is None:
            await super()._handle_client()
        elif self.transport is not None:
            await self.push(answer)
            self.transport.close()


async def spoil(switch: Switch, server: SMTP) -> str | None:
    """Return the answer that a switch wants, None for the usual one; or hang up."""
    await asyncio.sleep(switch.delay_seconds)
    if switch.status is not None:
        return told(switch.status)
    if switch.truncate and isinstance(server, Counter):
        server.hang_up()
        await asyncio.Event().wait()  # until the connection's end ends this
    return "What was the question?" if switch.garbage else None


def told(status: int) -> str:
    """Return an answer of a status."""
    return f"{status} The sandbox was told to answer {status}"


@asynccontextmanager
async def open_post_office(office: PostOffice, listening: socket.socket) -> AsyncIterator[None]:
    """Take mail at a socket, on the running loop, as long as the context lasts."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would tell of every hang-up
    server = await asyncio.get_running_loop().create_server(office.connection, sock=listening)
    try:
        yield
    finally:
        server.close()
        for connection in list(office.open):
            connection.hang_up()
        await asyncio.sleep(0)  # so that they hear of it
