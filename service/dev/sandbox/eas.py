"""A build service like EAS: builds that get on with time, logs that grow, apps, submissions to stores.

POST /eas/builds        {"platform", "profile", "message", "project"}      GET lists, ?platform=&limit=
GET  /eas/builds/ID     POST /eas/builds/ID/cancel
POST /eas/submissions   {"build_id", "profile"}                             GET lists, GET …/ID
GET  /eas/logs/ID       lines of JSON, by ranges; /eas/apps/ID the app. Their addresses open them.
PUT  /eas/_policy       {"phase_seconds": 1.5, "held": false, "build_error": "…", "submission_error": "…"}

All but the last two take the bearer token TOKEN and nothing else. Answers have the names of EAS's own.
``eas_command`` is the command line over it.
"""

import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

TOKEN = "sandbox-expo-token"  # noqa: S105 - opens nothing but the sandbox
PHASES = (
    ("SPIN_UP_BUILDER", ("A builder is starting", "It has 4 cores and 12 GB")),
    ("PREPARE_PROJECT", ("Downloading the project archive", "Unpacking it")),
    ("INSTALL_DEPENDENCIES", ("added 1204 packages in 31s", "14 packages are looking for funding")),
    ("PREBUILD", ("Created native project", "Config synced")),
    ("BUNDLE", ("Bundled 1893 modules",)),
    ("COMPILE", ("Compiling 212 sources", "Linking", "Signing")),
    ("UPLOAD_APPLICATION_ARCHIVE", ("Uploading the app",)),
    ("CLEAN_UP", ("Done",)),
)
HELD_AT = 4
FAILS_AT = 6
SUFFIX = {"IOS": "ipa", "ANDROID": "aab"}


@dataclass
class Policy:
    """How builds go. While ``held`` is true none gets beyond its middle; errors are for new ones."""

    phase_seconds: float = 1.5
    held: bool = False
    build_error: str = ""
    submission_error: str = ""


@dataclass
class Build:
    """A build as it was asked for; what it is now follows from the time."""

    platform: str
    profile: str
    message: str
    project: str
    error: str
    id: str = field(default_factory=lambda: str(uuid4()))
    began: float = field(default_factory=time.monotonic)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: str = ""

    def look(self, policy: Policy) -> int:
        """Return how many phases are over, and end the build when it has come to its end."""
        elapsed = time.monotonic() - self.began
        most = HELD_AT if policy.held else FAILS_AT if self.error else len(PHASES)
        done = min(int(elapsed / policy.phase_seconds), most) if policy.phase_seconds else most
        if not (self.ended or policy.held) and done == most:
            self.ended = "ERRORED" if self.error else "FINISHED"
        return done


@dataclass
class Submission:
    """A build handed to its store."""

    build: Build
    profile: str
    error: str
    id: str = field(default_factory=lambda: str(uuid4()))
    began: float = field(default_factory=time.monotonic)

    def status(self, policy: Policy) -> str:
        """Return how far the store is with it."""
        if policy.held or time.monotonic() - self.began < 2 * policy.phase_seconds:
            return "IN_PROGRESS"
        return "ERRORED" if self.error else "FINISHED"


class Eas:
    """The service. ``policy`` says how things go; ``builds`` and ``submissions`` are newest last."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.builds: dict[str, Build] = {}
        self.submissions: dict[str, Submission] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the API."""
        return [
            Route("/builds", guarded(self._list_builds)),
            Route("/builds", guarded(self._build), methods=["POST"]),
            Route("/builds/{id}", guarded(self._view_build)),
            Route("/builds/{id}/cancel", guarded(self._cancel), methods=["POST"]),
            Route("/submissions", guarded(self._list_submissions)),
            Route("/submissions", guarded(self._submit), methods=["POST"]),
            Route("/submissions/{id}", guarded(self._view_submission)),
            Route("/logs/{id}", self._log),
            Route("/apps/{id}", self._app),
            Route("/_policy", self._policy, methods=["PUT"]),
        ]

    def status(self, build: Build) -> str:
        """Return a build's status."""
        done = build.look(self.policy)
        return build.ended or ("IN_PROGRESS" if done else "IN_QUEUE")

    async def _build(self, request: Request) -> Response:
        asked = await request.json()
        build = Build(
            asked["platform"].upper(),
            asked["profile"],
            asked.get("message", ""),
            asked["project"],
            self.policy.build_error,
        )
        self.builds[build.id] = build
        return JSONResponse(self._shown(build, request), 201)

    async def _list_builds(self, request: Request) -> Response:
        found = [self._shown(build, request) for build in reversed(self.builds.values())]
        return JSONResponse(page(found, request))

    async def _view_build(self, request: Request) -> Response:
        build = self.builds.get(request.path_params["id"])
        return missing("build") if build is None else JSONResponse(self._shown(build, request))

    async def _cancel(self, request: Request) -> Response:
        build = self.builds.get(request.path_params["id"])
        if build is None:
            return missing("build")
        build.look(self.policy)
        build.ended = build.ended or "CANCELED"
        return JSONResponse(self._shown(build, request))

    async def _submit(self, request: Request) -> Response:
        asked = await request.json()
        build = self.builds.get(asked["build_id"])
        if build is None:
            return missing("build")
        if self.status(build) != "FINISHED":
            return refusal(400, "BUILD_NOT_FINISHED", "The build is not finished.")
        made = Submission(build, asked["profile"], self.policy.submission_error)
        self.submissions[made.id] = made
        return JSONResponse(self._submission(made, request), 201)

    async def _list_submissions(self, request: Request) -> Response:
        found = [self._submission(one, request) for one in reversed(self.submissions.values())]
        return JSONResponse(page(found, request))

    async def _view_submission(self, request: Request) -> Response:
        found = self.submissions.get(request.path_params["id"])
        return (
            missing("submission")
            if found is None
            else JSONResponse(self._submission(found, request))
        )

    async def _log(self, request: Request) -> Response:
        build = self.builds.get(request.path_params["id"])
        if build is None:
            return missing("log")
        body = log_of(build, build.look(self.policy))
        asked = request.headers.get("range", "").removeprefix("bytes=").partition("-")[0]
        first = int(asked) if asked.isdecimal() else 0
        if asked and first >= len(body):
            return Response(status_code=416, headers={"Content-Range": f"bytes */{len(body)}"})
        told = {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"} if asked else {}
        return Response(body[first:], 206 if asked else 200, told, "application/x-ndjson")

    async def _app(self, request: Request) -> Response:
        ident = request.path_params["id"].partition(".")[0]
        build = self.builds.get(ident)
        if build is None or self.status(build) != "FINISHED":
            return missing("app")
        content = f"{build.project} for {build.platform}, built by the sandbox\n"
        return Response(content, media_type="application/octet-stream")

    async def _policy(self, request: Request) -> Response:
        known = asdict(self.policy)
        asked = {name: value for name, value in (await request.json()).items() if name in known}
        self.policy = Policy(**known | asked)
        return JSONResponse(asdict(self.policy))

    def _shown(self, build: Build, request: Request) -> dict[str, Any]:
        """Return a build as EAS CLI prints it."""
        status, base = self.status(build), f"{request.base_url}eas"
        app = f"{base}/apps/{build.id}.{SUFFIX.get(build.platform, 'bin')}"
        shown: dict[str, Any] = {
            "id": build.id,
            "status": status,
            "platform": build.platform,
            "artifacts": {"buildUrl": app, "applicationArchiveUrl": app}
            if status == "FINISHED"
            else {},
            "logFiles": [f"{base}/logs/{build.id}"] if status != "IN_QUEUE" else [],
            "project": {"slug": build.project},
            "buildProfile": build.profile,
            "message": build.message,
            "createdAt": build.created_at.isoformat(),
        }
        if status == "IN_QUEUE":
            shown["queuePosition"] = 1
        if status == "ERRORED":
            shown["error"] = {"errorCode": "EAS_BUILD_UNKNOWN_ERROR", "message": build.error}
        return shown

    def _submission(self, made: Submission, request: Request) -> dict[str, Any]:
        status = made.status(self.policy)
        shown: dict[str, Any] = {
            "id": made.id,
            "status": status,
            "platform": made.build.platform,
            "submittedBuild": self._shown(made.build, request),
        }
        if status == "ERRORED":
            shown["error"] = {"errorCode": "SUBMISSION_FAILED", "message": made.error}
        return shown


def guarded(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return the end point behind a check of the token."""

    async def checked(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), TOKEN.encode()):
            return refusal(401, "UNAUTHORIZED", "The bearer token is invalid.")
        return await answer(request)

    return checked


def page(found: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    """Return what of a list was asked for."""
    platform = request.query_params.get("platform", "all").upper()
    wanted = [one for one in found if platform in {"ALL", one["platform"]}]
    return wanted[: int(request.query_params.get("limit", "10"))]


def log_of(build: Build, done: int) -> bytes:
    """Return a build's log as far as it is, each message with its phase."""
    told = [(phase, line) for phase, lines in PHASES[:done] for line in lines]
    if build.ended == "ERRORED":
        told.append((PHASES[done - 1][0], f"Error: {build.error}"))
    return b"".join(
        json.dumps({"level": 30, "phase": phase, "msg": line}).encode() + b"\n"
        for phase, line in told
    )


def missing(what: str) -> Response:
    """Return the answer for something that is not there."""
    return refusal(404, "NOT_FOUND", f"Entity not found: there is no such {what}.")


def refusal(status: int, code: str, message: str) -> Response:
    """Return an error answer."""
    return JSONResponse({"errors": [{"errorCode": code, "message": message}]}, status)
