"""Twilio's Messages API, with signed call-backs; see ``twilio_messages`` for the numbers that fail.

POST /twilio/2010-04-01/Accounts/{sid}/Messages.json        201; then call-backs to StatusCallback
GET  /twilio/2010-04-01/Accounts/{sid}/Messages.json?To=…   newest first, PageSize, next_page_uri
GET  /twilio/2010-04-01/Accounts/{sid}/Messages/{id}.json
GET  /twilio/            the telephones, to be looked at
GET  /twilio/_texts      the same as JSON
PUT  /twilio/_policy     {"step_seconds": 0.5, "call_backs": true}

The account is told in ``twilio_messages``; HTTP Basic, as Twilio wants it.
"""

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha1
from urllib.parse import parse_qsl, urlencode

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.twilio_messages import (
    ACCOUNT,
    AUTH_TOKEN,
    Complaint,
    Text,
    Texts,
)
from service.dev.sandbox.twilio_page import page

HERE = "/2010-04-01/Accounts/{account}"
USUAL_A_PAGE, MOST_A_PAGE = 50, 1_000
MORE = "https://www.twilio.com/docs/errors"
CALL_BACK_SECONDS = 10.0

Handler = Callable[[Request], Awaitable[Response]]


class Policy(BaseModel):
    """How it behaves; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    step_seconds: float = Field(0.5, ge=0, description="Between two statuses of a text")
    call_backs: bool = Field(True, description="Tell StatusCallback of each status")


class Twilio:
    """The provider; ``texts`` is its memory."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.policy = Policy()
        self._under_way: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        return [
            Route(f"{HERE}/Messages.json", self._known(self._send), methods=["POST"]),
            Route(f"{HERE}/Messages.json", self._known(self._list)),
            Route(f"{HERE}/Messages/{{sid}}.json", self._known(self._read)),
            Route("/", self._page),
            Route("/_texts", self._texts),
            Route("/_policy", self._put_policy, methods=["PUT"]),
        ]

    def _known(self, handler: Handler) -> Handler:
        """Return a handler that knows its account and answers complaints."""

        async def handle(request: Request) -> Response:
            try:
                if not is_account(request):
                    raise Complaint(20003, 401)
                return await handler(request)
            except Complaint as error:
                return complaint(error)

        return handle

    async def _send(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        sender = form.get("MessagingServiceSid") or form.get("From", "")
        told = form.get("StatusCallback", "")
        made = self.texts.take(form.get("To", ""), sender, form.get("Body", ""), told)
        answer = JSONResponse(made.entity(), 201)
        self._begin(made)
        return answer

    async def _list(self, request: Request) -> Response:
        asked = request.query_params
        size = min(int(asked.get("PageSize", USUAL_A_PAGE)), MOST_A_PAGE)
        number = int(asked.get("Page", 0))
        found, more = self.texts.page(asked.get("To", ""), number * size, size)
        here = HERE.format(account=ACCOUNT)
        query = urlencode({**asked, "PageSize": size, "Page": number + 1})
        following = f"{here}/Messages.json?{query}" if more else None
        entities = [text.entity() for text in found]
        return JSONResponse({"messages": entities, "next_page_uri": following, "page": number})

    async def _read(self, request: Request) -> Response:
        return JSONResponse(self.texts.find(request.path_params["sid"]).entity())

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(page(reversed(self.texts.taken)))

    async def _texts(self, request: Request) -> Response:
        shown = [
            text.entity() | {"statuses": text.statuses, "heard": text.heard}
            for text in reversed(self.texts.taken)
        ]
        return JSONResponse(shown)

    async def _put_policy(self, request: Request) -> Response:
        try:
            asked = {**self.policy.model_dump(), **(await request.json())}
            self.policy = Policy.model_validate(asked)
        except (ValidationError, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(self.policy.model_dump())

    def _begin(self, text: Text) -> None:
        task = asyncio.create_task(self._live(text))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _live(self, text: Text) -> None:
        """Take a text from status to status, and tell of each."""
        async with httpx2.AsyncClient(trust_env=False, timeout=CALL_BACK_SECONDS) as client:
            for status in text.ahead:
                await asyncio.sleep(self.policy.step_seconds)
                text.statuses.append(status)
                if text.call_back and self.policy.call_backs:
                    text.heard.append(f"{status} {await told(client, text)}")


async def told(client: httpx2.AsyncClient, text: Text) -> str:
    """Post one call-back; return its status, or what went wrong."""
    form = text.form()
    headers = {"X-Twilio-Signature": signed(text.call_back, form)}
    try:
        answer = await client.post(text.call_back, data=form, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return type(error).__name__
    return str(answer.status_code)


def signed(url: str, form: Mapping[str, str]) -> str:
    """Return Twilio's signature: HMAC-SHA1 of the URL and the fields in the order of their names."""
    text = url
    for name in sorted(form):
        text += name + form[name]
    return base64.b64encode(hmac.new(AUTH_TOKEN.encode(), text.encode(), sha1).digest()).decode()


def is_account(request: Request) -> bool:
    """Return whether the caller is the account of the path, and knows its token."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    right = hmac.compare_digest(pair, f"{ACCOUNT}:{AUTH_TOKEN}".encode())
    return scheme.lower() == "basic" and right and request.path_params["account"] == ACCOUNT


def complaint(error: Complaint) -> Response:
    """Return an error answer as Twilio gives it."""
    told = {"code": error.code, "message": str(error), "status": error.status}
    return JSONResponse(told | {"more_info": f"{MORE}/{error.code}"}, error.status)
