"""What has come by SMTP (``smtp``), to be read in a browser or by a test.

GET    /mail/                  a page of all mails, newest first
GET    /mail/{id}              a page of one: text, HTML, headers; its parts are /html and /raw
GET    /mail/messages          the same as JSON, newest first; ?to=… those to one address
GET    /mail/messages/{id}     one with text, html and headers
DELETE /mail/messages          forgets all
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.mail_page import FRAMED, list_page, mail_page

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came: its envelope and its bytes."""

    id: int
    at: datetime
    sender: str
    recipients: Sequence[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Return the mail, read."""
        read = message_from_bytes(self.raw, policy=default)
        assert isinstance(read, EmailMessage)  # noqa: S101 - by its policy
        return read

    def body(self, kind: str) -> str:
        """Return the text or the HTML; "" when there is none."""
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())

    def shown(self) -> dict[str, Any]:
        """Return what a list says of it."""
        message = self.message
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="seconds"),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": str(message["subject"] or ""),
            "message_id": str(message["message-id"] or ""),
            "bytes": len(self.raw),
        }

    def whole(self) -> dict[str, Any]:
        """Return all of it."""
        headers = [[name, str(value)] for name, value in self.message.items()]
        bodies = {"text": self.body("plain"), "html": self.body("html")}
        return {**self.shown(), **bodies, "headers": headers}


class Letters:
    """The mails that came, oldest first; the newest thousand."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._count = 0

    def keep(self, sender: str, recipients: Sequence[str], raw: bytes) -> Received:
        """Keep one."""
        self._count += 1
        self.received.append(Received(self._count, datetime.now(UTC), sender, recipients, raw))
        del self.received[:-MOST]
        return self.received[-1]

    def to(self, address: str) -> list[Received]:
        """Return what came for an address, oldest first."""
        return [mail for mail in self.received if address in mail.recipients]

    def routes(self) -> list[BaseRoute]:
        """Return the pages and the JSON."""
        return [
            Route("/", self._list_page),
            Route("/{id:int}", self._page),
            Route("/{id:int}/html", self._html),
            Route("/{id:int}/raw", self._raw),
            Route("/messages", self._list),
            Route("/messages", self._forget, methods=["DELETE"]),
            Route("/messages/{id:int}", self._read),
        ]

    def _of(self, request: Request) -> Received | None:
        wanted = request.path_params["id"]
        return next((mail for mail in self.received if mail.id == wanted), None)

    async def _list_page(self, request: Request) -> Response:
        shown = [mail.shown() for mail in reversed(self.received)]
        return HTMLResponse(list_page(shown))

    async def _page(self, request: Request) -> Response:
        mail = self._of(request)
        return HTMLResponse(mail_page(mail.whole())) if mail else NOTHING

    async def _html(self, request: Request) -> Response:
        mail = self._of(request)
        return HTMLResponse(mail.body("html"), headers=FRAMED) if mail else NOTHING

    async def _raw(self, request: Request) -> Response:
        mail = self._of(request)
        return PlainTextResponse(mail.raw.decode("utf-8", "replace")) if mail else NOTHING

    async def _list(self, request: Request) -> Response:
        to = request.query_params.get("to")
        found = self.received if to is None else self.to(to)
        return JSONResponse([mail.shown() for mail in reversed(found)])

    async def _read(self, request: Request) -> Response:
        mail = self._of(request)
        return JSONResponse(mail.whole()) if mail else NOTHING

    async def _forget(self, request: Request) -> Response:
        self.received.clear()
        return Response(status_code=204)


NOTHING = JSONResponse({"error": "Nothing of that id has come."}, 404)
