"""A Mastodon instance (docs.joinmastodon.org): media, statuses posted once, pages, rates.

POST /mastodon/api/v2/media            202 until it is processed; GET /api/v1/media/:id: 206, then 200
POST /mastodon/api/v1/statuses         422 past 500 characters; an Idempotency-Key holds for an hour
GET  /mastodon/api/v1/statuses/:id     counters that grow by the minute
GET  /mastodon/api/v1/accounts/verify_credentials, /api/v1/accounts/:id/statuses with Link paging
GET  /mastodon/@garden                 what its followers see
PUT  /mastodon/_policy                 {"rate": 5, "window_seconds": 10, "media_polls": 2}, see Policy

The bearer token ``sandbox-token`` is the account ``garden``; tests add others.
"""

import html
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.mastodon_posts import (
    Complaint,
    Media,
    Posts,
    Status,
    as_time,
    media_entity,
    shown,
)

MOST_A_PAGE = 40
USUAL_A_PAGE = 20
PAGE = """<!doctype html><meta charset=utf-8><title>@{name}</title>
<style>body{{font:16px/1.5 system-ui;max-width:36em;margin:2em auto;padding:0 1em}}
article{{border:1px solid #8884;border-radius:.5em;padding:.5em 1em;margin:1em 0}}
.invisible{{font-size:0}}footer{{color:#888}}img{{max-width:100%}}</style>
<h1>@{name}</h1>{posts}"""

Handler = Callable[[Request], Awaitable[Response]]


class Policy(BaseModel):
    """How the instance behaves; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    rate: int = Field(300, ge=1, description="Calls a window")
    window_seconds: float = Field(300.0, gt=0)
    media_polls: int = Field(1, ge=0, description="How often fresh media are not ready")
    age_minutes: int = Field(0, ge=0, description="Lets what is posted be that much older")


class Mastodon:
    """The instance; ``posts`` is its memory."""

    def __init__(self) -> None:
        self.posts = Posts()
        self.policy = Policy()
        self._used: dict[str, tuple[float, int]] = {}

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        return [
            Route("/api/v2/media", self._for_accounts(self._attach), methods=["POST"]),
            Route("/api/v1/media/{id}", self._for_accounts(self._media)),
            Route("/api/v1/statuses", self._for_accounts(self._post), methods=["POST"]),
            Route("/api/v1/statuses/{id}", self._for_accounts(self._status)),
            Route("/api/v1/accounts/verify_credentials", self._for_accounts(self._account)),
            Route("/api/v1/accounts/{id}/statuses", self._for_accounts(self._statuses)),
            Route("/@{name}", self._page),
            Route("/@{name}/{id}", self._page),
            Route("/files/{id}", self._file),
            Route("/_policy", self._put_policy, methods=["PUT"]),
        ]

    def _for_accounts(self, handler: Handler) -> Handler:
        """Return a handler that knows who calls, counts the call, and answers complaints."""

        async def handle(request: Request) -> Response:
            try:
                request.state.account = self._caller(request)
                left, reset = self._count(request.state.account)
                answer = await handler(request) if left >= 0 else None
            except Complaint as error:
                return JSONResponse({"error": str(error)}, error.status)
            if answer is None:
                answer = JSONResponse({"error": "Too many requests"}, 429)
            answer.headers["X-RateLimit-Limit"] = str(self.policy.rate)
            answer.headers["X-RateLimit-Remaining"] = str(max(left, 0))
            answer.headers["X-RateLimit-Reset"] = as_time(reset)
            return answer

        return handle

    def _caller(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account = self.posts.tokens.get(token) if scheme.lower() == "bearer" else None
        if account is None:
            raise Complaint(401, "The access token is invalid")
        return account

    def _count(self, account: str) -> tuple[int, float]:
        """Count a call; return how many are left (negative: none was) and when the window ends."""
        now = self.posts.clock()
        ends, used = self._used.get(account, (0.0, 0))
        if ends <= now:
            ends, used = now + self.policy.window_seconds, 0
        self._used[account] = (ends, used + 1)
        return self.policy.rate - used - 1, ends

    async def _attach(self, request: Request) -> Response:
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Complaint(422, "Validation failed: File can't be blank")
            told = file.content_type or "", str(form.get("description", ""))
            made = self.posts.attach(request.state.account, *told, await file.read())
        return JSONResponse(media_entity(made, base(request)), 202 if made.polls else 200)

    async def _media(self, request: Request) -> Response:
        found = self.posts.file(request.state.account, request.path_params["id"])
        waits = found.polls > 0
        found.polls = max(found.polls - 1, 0)
        return JSONResponse(media_entity(found, base(request)), 206 if waits else 200)

    async def _post(self, request: Request) -> Response:
        asked = await request.json()
        made = self.posts.post(
            request.state.account,
            str(asked.get("status") or "").strip(),
            [str(ident) for ident in asked.get("media_ids") or []],
            request.headers.get("idempotency-key", ""),
            str(asked.get("language") or ""),
        )
        return JSONResponse(self._entity(made, request))

    async def _status(self, request: Request) -> Response:
        found = self.posts.of(request.state.account, request.path_params["id"])
        return JSONResponse(self._entity(found, request))

    async def _account(self, request: Request) -> Response:
        return JSONResponse(account_entity(request.state.account, request))

    async def _statuses(self, request: Request) -> Response:
        if request.path_params["id"] != account_id(request.state.account):
            raise Complaint(404, "Record not found")
        limit = min(int(request.query_params.get("limit", USUAL_A_PAGE)), MOST_A_PAGE)
        found, more = self.posts.page(
            request.state.account, request.query_params.get("max_id", ""), limit
        )
        answer = JSONResponse([self._entity(status, request) for status in found])
        if more:
            older = request.url.include_query_params(max_id=found[-1].id)
            newer = request.url.include_query_params(min_id=found[0].id)
            answer.headers["Link"] = f'<{older}>; rel="next", <{newer}>; rel="prev"'
        return answer

    async def _page(self, request: Request) -> Response:
        name, ident = request.path_params["name"], request.path_params.get("id")
        if name not in self.posts.tokens.values():
            return HTMLResponse("Nobody is here.", 404)
        own = [s for s in reversed(self.posts.statuses) if s.account == name]
        posts = [self._article(s, request) for s in own if ident in {None, s.id}]
        told = "".join(posts) or "<p>Nothing was posted yet.</p>"
        return HTMLResponse(PAGE.format(name=html.escape(name), posts=told))

    async def _file(self, request: Request) -> Response:
        found = self.posts.media.get(request.path_params["id"])
        if found is None:
            return Response(status_code=404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    async def _put_policy(self, request: Request) -> Response:
        try:
            asked = {**self.policy.model_dump(), **(await request.json())}
            self.policy = Policy.model_validate(asked)
        except (ValidationError, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        self.posts.polls = self.policy.media_polls
        for status in self.posts.statuses:
            status.extra = self.policy.age_minutes
        return JSONResponse(self.policy.model_dump())

    def _entity(self, status: Status, request: Request) -> dict[str, Any]:
        return {
            "id": status.id,
            "created_at": as_time(status.at),
            "url": f"{base(request)}/@{status.account}/{status.id}",
            "visibility": "public",
            "language": status.language,
            "content": shown(status.text),
            "account": account_entity(status.account, request),
            "media_attachments": [media_entity(one, base(request)) for one in status.media],
            **self.posts.counters(status),
        }

    def _article(self, status: Status, request: Request) -> str:
        counters = " · ".join(
            f"{n} {name.removesuffix('_count')}" for name, n in self.posts.counters(status).items()
        )
        pictures = "".join(picture(one, request) for one in status.media)
        when = as_time(status.at)
        return (
            f"<article>{shown(status.text)}{pictures}<footer>{when} · {counters}</footer></article>"
        )


def base(request: Request) -> str:
    """Return the instance's own address."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


def account_id(name: str) -> str:
    """Return an account's id."""
    return str(sum(name.encode()))


def account_entity(name: str, request: Request) -> dict[str, Any]:
    """Return an Account."""
    return {"id": account_id(name), "username": name, "url": f"{base(request)}/@{name}"}


def picture(media: Media, request: Request) -> str:
    """Return a file as part of a page."""
    if not media.media_type.startswith("image/"):
        return f"<p>[{html.escape(media.media_type)}]</p>"
    return f'<img src="{base(request)}/files/{media.id}" alt="{html.escape(media.description)}">'
