"""The OpenAI chat API on the wire: what is asked, and answers whole, in chunks, or as an error."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

PIECE = re.compile(r".{1,24}(?:\s|$)|.{1,24}", re.DOTALL)
CREATED = 1_767_225_600


class Part(BaseModel):
    """A piece of a message; only text is taken."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    @property
    def text(self) -> str:
        """Return the message as one text."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content)


class JsonSchema(BaseModel):
    """A named schema the answer must fit."""

    name: str = Field(pattern=r"^[\w-]{1,64}$")
    schema_: dict[str, Any] = Field(default_factory=dict, alias="schema")
    strict: bool = False


class Format(BaseModel):
    """What shape the answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """What is asked; fields that change nothing here are let pass."""

    model_config = ConfigDict(extra="ignore")

    model: str
    messages: list[Turn] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    response_format: Format = Format(type="text")

    @property
    def texts(self) -> list[str]:
        """Return what the messages say."""
        return [turn.text for turn in self.messages]

    @property
    def wants_usage(self) -> bool:
        """Return whether a stream ends with what it took."""
        return self.stream_options.include_usage

    @property
    def shape(self) -> dict[str, Any] | None:
        """Return the schema to fit; empty for any object, None for prose."""
        if self.response_format.type == "text":
            return None
        asked = self.response_format.json_schema
        return asked.schema_ if asked else {}

    @property
    def name(self) -> str:
        """Return what the schema to fit is called; empty without one."""
        asked = self.response_format.json_schema
        return asked.name if asked else ""


class ChatError(Exception):
    """A refusal in OpenAI's words. ``kind`` is its ``type``."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.shown = {"message": message, "type": kind, "param": param, "code": code}


def refusal(error: ChatError) -> Response:
    """Return an error as OpenAI shows it."""
    return JSONResponse({"error": error.shown}, error.status)


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, before it is put on the wire."""

    id: str
    model: str
    text: str
    declined: str
    ended: str
    tokens_in: int
    tokens_out: int

    @property
    def usage(self) -> dict[str, int]:
        """Return what it took."""
        return {
            "prompt_tokens": self.tokens_in,
            "completion_tokens": self.tokens_out,
            "total_tokens": self.tokens_in + self.tokens_out,
        }


def whole(completion: Completion) -> dict[str, Any]:
    """Return an answer in one piece."""
    message = {
        "role": "assistant",
        "content": completion.text or None,
        "refusal": completion.declined or None,
    }
    choice = {"index": 0, "message": message, "finish_reason": completion.ended, "logprobs": None}
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": CREATED,
        "model": completion.model,
        "choices": [choice],
        "usage": completion.usage,
    }


def chunks(completion: Completion, *, usage: bool) -> list[dict[str, Any]]:
    """Return an answer in pieces; the last tells the usage, if that is wanted."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in PIECE.findall(completion.text)]
    deltas += [{"refusal": completion.declined}] if completion.declined else []
    told = {"usage": None} if usage else {}
    pieces = [chunk(completion, [choice(delta, None)]) | told for delta in deltas]
    pieces.append(chunk(completion, [choice({}, completion.ended)]) | told)
    return [*pieces, chunk(completion, []) | {"usage": completion.usage}] if usage else pieces


def choice(delta: dict[str, Any], ended: str | None) -> dict[str, Any]:
    """Return the only choice of a chunk."""
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ended}


def chunk(completion: Completion, choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one chunk."""
    return {
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": completion.model,
        "choices": choices,
    }
