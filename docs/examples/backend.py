"""A back end of one's own: it submits for its users, and hands their pages tickets, never a token.

    JWT_SECRET=… JOBCAST_URL=http://127.0.0.1:8000 uvicorn --app-dir docs/examples backend:app --port 9000

List its origin in the ALLOWED_ORIGINS of Jobcast. It shares JWT_SECRET; an API key does as well.
"""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from service.client import AsyncJobcast, RefusedError, mint_token

HERE = Path(__file__).parent
JOBCAST = os.environ.get("JOBCAST_URL", "http://127.0.0.1:8000")


def as_user(request: Request) -> AsyncJobcast:
    """Return a client that acts as who is signed in here; your own sessions say who that is."""
    user = request.cookies.get("user", "ann")
    origin = f"{request.url.scheme}://{request.url.netloc}"
    token = mint_token(os.environ["JWT_SECRET"], user=user)
    return AsyncJobcast(JOBCAST, token, headers={"Origin": origin})  # tickets hold for this page


async def submit(request: Request) -> Response:
    """Hand in what the page asks for, once we have looked at it."""
    text = str((await request.json())["text"])[:10_000]
    async with as_user(request) as jobcast:
        try:
            args = {"text": text, "auto_accept": True}
            job = await jobcast.submit("brain_dump_processing", args)
        except RefusedError as refusal:
            return JSONResponse({"error": refusal.detail}, refusal.status)
    return JSONResponse({"id": job.id}, 202)


async def ticket(request: Request) -> Response:
    """Give the page a pass for one connection: good once, for 30 seconds."""
    async with as_user(request) as jobcast:
        return JSONResponse({"ticket": (await jobcast.ticket()).ticket})


async def page(request: Request) -> Response:
    """Show one of the pages beside this file."""
    html = (HERE / f"{request.path_params['name']}.html").read_text(encoding="utf-8")
    return HTMLResponse(html.replace("http://127.0.0.1:8000", JOBCAST))


app = Starlette(
    routes=[
        Route("/{name:str}.html", page),
        Route("/reports", submit, methods=["POST"]),
        Route("/ticket", ticket, methods=["POST"]),
        Mount("/", StaticFiles(directory=HERE)),
    ]
)
