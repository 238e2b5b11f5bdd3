"""A bare Starlette route: validates the same body with the same models, and answers at once."""

import sys

import uvicorn
from noop_kind import Args  # type: ignore[import-not-found]  # beside this file
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.job_request import JobRequest


async def accept(request: Request) -> JSONResponse:
    wanted = JobRequest.model_validate_json(await request.body())
    args = Args.model_validate(wanted.args)
    return JSONResponse({"kind": wanted.kind, "args": args.model_dump()}, 202)


app = Starlette(routes=[Route("/api/jobs", accept, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="off",
        log_level="warning", access_log=False, backlog=1024,
    )  # fmt: skip
