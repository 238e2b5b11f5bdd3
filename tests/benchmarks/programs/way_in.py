"""The product's own way in and nothing behind it: who calls, limits, the body, its log line; no record."""

import sys

import uvicorn
from noop_kind import Args  # type: ignore[import-not-found]  # beside this file
from starlette.responses import Response

from jobs.logs import configure_logging
from service.app import Application, middleware
from service.call import Call
from service.job_request import JobRequest
from service.operations import Answer, operation, routes_of
from service.protocols import http_protocol
from service.requests import templates_of
from service.routes.answers import document_response
from service.settings import ServiceSettings


@operation(scope="jobs:write", body=JobRequest, answers={202: Answer("What was sent")})
async def accept(call: Call) -> Response:
    """Validate, and answer at once."""
    wanted = await call.body_as(JobRequest)
    args = Args.model_validate(wanted.args)
    return document_response({"kind": wanted.kind, "args": args.model_dump()}, 202, {})


if __name__ == "__main__":
    settings = ServiceSettings()
    configure_logging(settings)
    routes = routes_of((("POST", "/api/jobs", accept),))
    app = Application(routes=routes, middleware=middleware(settings))
    app.state.templates = templates_of(routes)
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http=http_protocol(settings.header_timeout_seconds),
        lifespan="off", log_config=None, access_log=False, server_header=False, backlog=1024,
    )  # fmt: skip
