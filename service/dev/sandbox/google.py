"""A Google Calendar (calendar/api/v3/reference): events with etags, sync tokens, paging, push channels.

GET    /google/calendar/v3/users/me/calendarList
GET    /google/calendar/v3/calendars/{id}/events      singleEvents, timeMin, timeMax, syncToken, pageToken
POST   …/events (409 for an id twice)   GET, PATCH, DELETE …/events/{event}   412 unless If-Match matches
POST   …/events/watch, /google/calendar/v3/channels/stop
GET    /google/                          the calendar for people: add, rename, remove, as elsewhere
PUT    /google/_policy                   {"page_size": 2}, {"forget_tokens": true}, …, see Policy

The bearer token ``sandbox-token`` is the account ``garden``: its calendar is ``primary``, and it may read
``holidays``. Tests add others.
"""

import html
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.google_agenda import CANCELLED, Agenda, Asked, Complaint, entity
from service.dev.sandbox.google_channels import Channels
from service.dev.sandbox.google_channels import entity as channel_entity

V3 = "/calendar/v3"
MOST_A_PAGE = 2_500
USUAL_A_PAGE = 250
PAGE = """<!doctype html><meta charset=utf-8><title>{name}</title>
<style>body{{font:16px/1.5 system-ui;max-width:44em;margin:2em auto;padding:0 1em}}
form{{display:flex;gap:.5em;margin:.4em 0}}time{{min-width:17em;color:#777}}[name=summary]{{flex:1}}</style>
<h1>{name}</h1><form method=post action="_hand"><input type=datetime-local name=start required>
<input name=summary placeholder="What" required><button>Add</button></form>{events}"""
ROW = """<form method=post action="_hand"><time>{when}</time><input type=hidden name=id value="{id}">
<input name=summary value="{summary}"><button>Rename</button>
<button name=gone value=1>Remove</button></form>"""

Handler = Callable[[Request], Awaitable[Response]]


class Policy(BaseModel):
    """How the calendar behaves; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    page_size: int = Field(USUAL_A_PAGE, ge=1, description="Events a page, at most")
    channel_seconds: int = Field(7 * 24 * 3_600, ge=1, description="How long a channel is open")
    over_rate: int = Field(0, ge=0, description="So many calls are told 403 rateLimitExceeded")
    forget_tokens: bool = Field(False, description="Forget all sync tokens given so far: 410")


class Google:
    """The service. ``tokens`` are accounts by bearer token, ``agendas`` calendars by account and id."""

    def __init__(self) -> None:
        self.tokens = {"sandbox-token": "garden"}
        self.agendas: dict[tuple[str, str], Agenda] = {}
        self.policy = Policy()
        self.clock: Callable[[], float] = time.time
        self.channels = Channels(self._now)
        self.add("garden", Agenda("garden@sandbox.example", "The garden", clock=self._now))
        self.add("garden", Agenda("holidays", "Holidays", access="reader", clock=self._now))

    def add(self, account: str, agenda: Agenda) -> Agenda:
        """Give an account a calendar; its first one is its own."""
        self.agendas[account, agenda.id] = agenda
        self.agendas.setdefault((account, "primary"), agenda)
        return agenda

    def primary(self, account: str = "garden") -> Agenda:
        """Return an account's own calendar."""
        return self.agendas[account, "primary"]

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        events, one = (
            f"{V3}/calendars/{{calendar}}/events",
            f"{V3}/calendars/{{calendar}}/events/{{id}}",
        )
        ours = self._for_accounts
        return [
            Route(f"{V3}/users/me/calendarList", ours(self._calendars)),
            Route(f"{events}/watch", ours(self._watch), methods=["POST"]),
            Route(f"{V3}/channels/stop", ours(self._stop), methods=["POST"]),
            Route(events, ours(self._insert), methods=["POST"]),
            Route(events, ours(self._list)),
            Route(one, ours(self._patch), methods=["PATCH"]),
            Route(one, ours(self._delete), methods=["DELETE"]),
            Route(one, ours(self._get)),
            Route("/_policy", self._put_policy, methods=["PUT"]),
            Route("/_hand", self._by_hand, methods=["POST"]),
            Route("/", self._page),
        ]

    def _now(self) -> float:
        return self.clock()

    def _for_accounts(self, handler: Handler) -> Handler:
        """Return a handler that knows who calls, and answers complaints as Google does."""

        async def handle(request: Request) -> Response:
            try:
                request.state.account = self._caller(request)
                return await handler(request)
            except Complaint as error:
                return complained(error)

        return handle

    def _caller(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account = self.tokens.get(token) if scheme.lower() == "bearer" else None
        if account is None:
            raise Complaint(401, "authError", "Invalid Credentials")
        if self.policy.over_rate:
            self.policy.over_rate -= 1
            raise Complaint(403, "rateLimitExceeded", "Rate Limit Exceeded")
        return account

    def _agenda(self, request: Request) -> Agenda:
        found = self.agendas.get((request.state.account, request.path_params["calendar"]))
        if found is None:
            raise Complaint(404, "notFound", "Not Found")
        return found

    async def _calendars(self, request: Request) -> Response:
        own = {
            a.id: a for (account, _), a in self.agendas.items() if account == request.state.account
        }
        items = [
            {"id": a.id, "summary": a.name, "timeZone": a.timezone, "accessRole": a.access}
            for a in own.values()
        ]
        return JSONResponse({"kind": "calendar#calendarList", "items": items})

    async def _list(self, request: Request) -> Response:
        agenda, asked = self._agenda(request), self._asked(request)
        page = agenda.page(asked)
        answer: dict[str, Any] = {
            "kind": "calendar#events",
            "summary": agenda.name,
            "timeZone": agenda.timezone,
            "accessRole": agenda.access,
            "items": [entity(event) for event in page.events],
        }
        answer |= {"nextPageToken": page.next_page} if page.next_page else {}
        answer |= {"nextSyncToken": page.next_sync} if page.next_sync else {}
        return JSONResponse(answer)

    def _asked(self, request: Request) -> Asked:
        query = request.query_params
        if "syncToken" in query and ("timeMin" in query or "timeMax" in query):
            text = "Sync token cannot be used with other query restrictions."
            raise Complaint(400, "invalid", text)
        times = [query.get(name) for name in ("timeMin", "timeMax")]
        first, last = [datetime.fromisoformat(at) if at else None for at in times]
        size = min(int(query.get("maxResults", USUAL_A_PAGE)), MOST_A_PAGE, self.policy.page_size)
        tokens = query.get("syncToken", ""), query.get("pageToken", "")
        return Asked(*tokens, (first, last), size)

    async def _get(self, request: Request) -> Response:
        return JSONResponse(entity(self._agenda(request).get(request.path_params["id"])))

    async def _insert(self, request: Request) -> Response:
        agenda = self._agenda(request)
        return self._told(agenda, JSONResponse(entity(agenda.insert(await request.json()))))

    async def _patch(self, request: Request) -> Response:
        agenda, ident = self._agenda(request), request.path_params["id"]
        match = request.headers.get("if-match", "")
        return self._told(
            agenda, JSONResponse(entity(agenda.patch(ident, await request.json(), match)))
        )

    async def _delete(self, request: Request) -> Response:
        agenda = self._agenda(request)
        agenda.delete(request.path_params["id"], request.headers.get("if-match", ""))
        return self._told(agenda, Response(status_code=204))

    async def _watch(self, request: Request) -> Response:
        channel = self.channels.watch(self._agenda(request), await request.json())
        answer = JSONResponse(channel_entity(channel))
        answer.background = BackgroundTask(self.channels.send, channel, "sync")
        return answer

    async def _stop(self, request: Request) -> Response:
        self.channels.stop(await request.json())
        return Response(status_code=204)

    def _told(self, agenda: Agenda, answer: Response) -> Response:
        """Return an answer after which the calendar's channels are told."""
        answer.background = BackgroundTask(self.channels.tell, agenda)
        return answer

    async def _put_policy(self, request: Request) -> Response:
        try:
            asked = {**self.policy.model_dump(), **(await request.json())}
            policy = Policy.model_validate(asked)
        except (ValidationError, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        if policy.forget_tokens:
            for agenda in {id(a): a for a in self.agendas.values()}.values():
                agenda.generation += 1
        self.channels.longest = policy.channel_seconds
        self.policy = policy.model_copy(update={"forget_tokens": False})
        return JSONResponse(self.policy.model_dump())

    async def _by_hand(self, request: Request) -> Response:
        """Do what somebody does in the page: add, rename or remove."""
        given = {
            name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()
        }
        agenda = self.primary()
        try:
            by_hand(agenda, given)
        except Complaint as error:
            return HTMLResponse(html.escape(str(error)), error.status)
        return self._told(agenda, RedirectResponse("./", 303))

    async def _page(self, request: Request) -> Response:
        agenda = self.primary()
        live = [e for e in agenda.events.values() if e.status != CANCELLED]
        rows = [
            ROW.format(
                when=html.escape(" ".join(map(str, e.body["start"].values()))),
                id=e.id,
                summary=html.escape(e.body.get("summary", "")),
            )
            for e in sorted(live, key=lambda e: str(e.body["start"]))
        ]
        return HTMLResponse(PAGE.format(name=html.escape(agenda.name), events="".join(rows)))


def by_hand(agenda: Agenda, given: dict[str, str]) -> None:
    """Change a calendar as its owner does elsewhere. Raises Complaint."""
    if given.get("gone"):
        agenda.delete(given.get("id", ""))
    elif given.get("id"):
        agenda.patch(given["id"], {"summary": given.get("summary", "")})
    else:
        when = {"dateTime": given.get("start", "")}
        agenda.insert({"summary": given.get("summary", ""), "start": when, "end": when})


def complained(error: Complaint) -> Response:
    """Return an error answer."""
    domain = "usageLimits" if error.reason.endswith("LimitExceeded") else "global"
    told = {"domain": domain, "reason": error.reason, "message": str(error)}
    return JSONResponse(
        {"error": {"code": error.status, "message": str(error), "errors": [told]}}, error.status
    )
