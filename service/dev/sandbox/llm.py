"""A language model behind the OpenAI API: writes what it is asked for, out of what it is told.

POST /llm/v1/chat/completions   streamed or whole, plain, ``json_object`` or ``json_schema``
GET  /llm/v1/models             ``sandbox-writer``, and ``sandbox-small`` that holds little
PUT  /llm/_policy               {"next": ["invalid_json", "cut_stream"], "pace_seconds": 0.1}
"""

import asyncio
import hmac
import json
import threading
from collections.abc import AsyncIterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.llm_answers import (
    ChatError,
    ChatRequest,
    Completion,
    chunks,
    refusal,
    whole,
)
from service.dev.sandbox.llm_scripts import SCRIPTS
from service.dev.sandbox.llm_shapes import written
from service.dev.sandbox.llm_stream import EventStream
from service.dev.sandbox.llm_writer import Notes, tokens

KEY = "sandbox-key"
MODELS = {"sandbox-writer": 32_000, "sandbox-small": 300}
"""Models with how many tokens each holds."""
BORN = 1_767_225_600
PIECES_BEFORE_THE_END = 3

Mishap = Literal[
    "invalid_json", "unfit", "cut_stream", "stall", "break_off", "decline", "run_out", "no_credit"
]


class Policy(BaseModel):
    """How the model behaves; ``next`` is what becomes of the next answers, one word each."""

    model_config = ConfigDict(extra="forbid")

    next: list[Mishap] = Field(default_factory=list)
    pace_seconds: float = Field(
        0.015, ge=0.0, le=10.0, description="Between two pieces of a stream"
    )
    tells_usage: bool = True


class LanguageModel:
    """The model. ``left`` is set when a client has gone away in the middle of an answer."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.left = threading.Event()
        self._asked = 0

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        return [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/models", self._models),
            Route("/_policy", self._put_policy, methods=["PUT"]),
        ]

    async def _complete(self, request: Request) -> Response:
        try:
            check_key(request)
            asked = read(await request.body())
            return self._answered(asked)
        except ChatError as error:
            return refusal(error)

    def _answered(self, asked: ChatRequest) -> Response:
        mishap = self.policy.next.pop(0) if self.policy.next else None
        if mishap == "no_credit":
            why = "You exceeded your current quota, please check your plan and billing details."
            raise ChatError(429, why, "insufficient_quota", kind="insufficient_quota")
        self._asked += 1
        completion = completed(asked, self._asked, mishap)
        if not asked.stream:
            return JSONResponse(whole(completion))
        events = chunks(completion, usage=asked.wants_usage and self.policy.tells_usage)
        return EventStream(self._paced(events, mishap), self.left.set)

    async def _paced(
        self, events: list[dict[str, Any]], mishap: Mishap | None
    ) -> AsyncIterator[Any]:
        for number, event in enumerate(events):
            if number == PIECES_BEFORE_THE_END:
                if mishap == "stall":
                    await asyncio.Event().wait()
                if mishap == "cut_stream":
                    raise ConnectionAbortedError("told to cut the stream")
                if mishap == "break_off":
                    error = {"message": "The engine is overloaded.", "type": "server_error"}
                    yield {"error": {**error, "param": None, "code": None}}
                    return
            yield event
            await asyncio.sleep(self.policy.pace_seconds)

    async def _models(self, request: Request) -> Response:
        try:
            check_key(request)
        except ChatError as error:
            return refusal(error)
        data = [
            {"id": name, "object": "model", "created": BORN, "owned_by": "sandbox"}
            for name in MODELS
        ]
        return JSONResponse({"object": "list", "data": data})

    async def _put_policy(self, request: Request) -> Response:
        try:
            self.policy = Policy.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(self.policy.model_dump())


def check_key(request: Request) -> None:
    """Raise ChatError (401) for a call without the right key."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), KEY.encode()):
        why = "Incorrect API key provided." if given else "You didn't provide an API key."
        raise ChatError(401, why, "invalid_api_key")


def read(body: bytes) -> ChatRequest:
    """Return what is asked. Raises ChatError for what this API would not take."""
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ChatError(400, f"{where}: {first['msg']}", param=where) from error
    if asked.model not in MODELS:
        raise ChatError(404, f"The model `{asked.model}` does not exist.", "model_not_found")
    length, most = sum(map(tokens, asked.texts)), MODELS[asked.model]
    if length > most:
        why = (
            f"This model's maximum context length is {most} tokens. "
            f"However, your messages resulted in {length} tokens."
        )
        raise ChatError(400, why, "context_length_exceeded", param="messages")
    return asked


def text_for(asked: ChatRequest) -> str:
    """Return what is answered: by the question's own script, if there is one."""
    script = SCRIPTS.get(asked.name)
    if script is None:
        return written(Notes.of(asked.texts), asked.shape)
    return json.dumps(script(asked.texts), ensure_ascii=False)


def completed(asked: ChatRequest, number: int, mishap: Mishap | None) -> Completion:
    """Return the answer, spoilt as told."""
    text, ended, declined = text_for(asked), "stop", ""
    if mishap == "invalid_json":
        text = text[: len(text) // 2]
    elif mishap == "unfit":
        text = '{"title": "", "hashtags": "none"}'
    elif mishap == "run_out":
        text, ended = text[: len(text) // 2], "length"
    elif mishap == "decline":
        text, declined = "", "I can't help with that."
    return Completion(
        id=f"chatcmpl-sandbox-{number}",
        model=asked.model,
        text=text,
        declined=declined,
        ended=ended,
        tokens_in=sum(map(tokens, asked.texts)),
        tokens_out=tokens(text),
    )
