"""The language model that the sandbox plays: OpenAI's chat API as its documents have it."""

import json
from typing import Any

import httpx2
import jsonschema
import pytest

from service.dev.sandbox import Sandbox
from service.dev.sandbox.llm import KEY, LanguageModel

HEADERS = {"Authorization": f"Bearer {KEY}"}
TOPIC = "Topic: The garden opens\nAudience: families\nKey points:\n- four acres\n- by the sea"


@pytest.fixture(autouse=True)
def hurry(sandbox: Sandbox) -> LanguageModel:
    peer = sandbox.peer(LanguageModel)
    peer.policy.pace_seconds = 0.0
    return peer


async def ask(caller: httpx2.AsyncClient, **changed: Any) -> httpx2.Response:
    body = {"model": "sandbox-writer", "messages": [{"role": "user", "content": TOPIC}], **changed}
    return await caller.post("/llm/v1/chat/completions", json=body, headers=HEADERS)


def events(answer: httpx2.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def text_of(answer: httpx2.Response) -> str:
    return answer.json()["choices"][0]["message"]["content"]


async def test_a_whole_answer_says_what_it_was_told(caller: httpx2.AsyncClient) -> None:
    answer = await ask(caller)

    said = answer.json()
    assert said["object"] == "chat.completion"
    assert said["choices"][0]["finish_reason"] == "stop"
    assert all(part in text_of(answer) for part in ("The garden opens", "families", "By the sea."))
    usage = said["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_the_same_question_has_the_same_answer(caller: httpx2.AsyncClient) -> None:
    assert text_of(await ask(caller)) == text_of(await ask(caller))


async def test_a_stream_is_the_same_answer_in_pieces(caller: httpx2.AsyncClient) -> None:
    streamed = await ask(caller, stream=True, stream_options={"include_usage": True})

    chunks = events(streamed)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    whole = await ask(caller)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == text_of(whole)
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], whole.json()["usage"])
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


async def test_usage_is_told_in_a_stream_only_when_it_is_wanted(caller: httpx2.AsyncClient) -> None:
    chunks = events(await ask(caller, stream=True))

    assert not any("usage" in chunk for chunk in chunks)


SCHEMAS: list[dict[str, Any]] = [
    {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 30},
            "phases": {
                "type": "array",
                "minItems": 2,
                "items": {"$ref": "#/$defs/phase"},
            },
            "kind": {"enum": ["a", "b"]},
            "version": {"const": 3},
            "sure": {"type": "boolean"},
            "note": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 20}]},
            "nothing": {"type": "null"},
            "hashtags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        },
        "required": ["title", "phases", "kind", "version", "sure", "note", "nothing", "hashtags"],
        "additionalProperties": False,
        "$defs": {
            "phase": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "days": {"type": "integer", "minimum": 1, "maximum": 2},
                    "share": {"type": "number"},
                    "begin": {"type": "string", "format": "date"},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                },
                "required": ["name", "days", "share", "begin", "at"],
                "additionalProperties": False,
            }
        },
    },
    {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 1},
]


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_an_answer_fits_the_schema(caller: httpx2.AsyncClient, schema: Any) -> None:
    asked = {"name": "plan", "strict": True, "schema": schema}
    answer = await ask(caller, response_format={"type": "json_schema", "json_schema": asked})

    value = json.loads(text_of(answer))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(value)


async def test_any_object_is_an_object(caller: httpx2.AsyncClient) -> None:
    answer = await ask(caller, response_format={"type": "json_object"})

    assert set(json.loads(text_of(answer))) == {"title", "body", "hashtags", "variants"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nope"}])
async def test_without_the_key_nothing_is_answered(
    caller: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    for answer in (
        await caller.post("/llm/v1/chat/completions", json={}, headers=headers),
        await caller.get("/llm/v1/models", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"model": "gpt-none"}, 404, "model_not_found"),
        ({"messages": []}, 400, None),
        ({"messages": [{"role": "wizard", "content": "x"}]}, 400, None),
        ({"response_format": {"type": "xml"}}, 400, None),
        ({"model": "sandbox-small", "messages": [{"role": "user", "content": "w " * 400}]}, 400,
         "context_length_exceeded"),
    ],
)  # fmt: skip
async def test_what_it_does_not_take_is_refused_in_openais_shape(
    caller: httpx2.AsyncClient, changed: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await ask(caller, **changed)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code"}


async def test_messages_may_come_in_parts(caller: httpx2.AsyncClient) -> None:
    parts = [{"type": "text", "text": "Topic: Soil"}, {"type": "text", "text": "- seaweed"}]

    answer = await ask(caller, messages=[{"role": "user", "content": parts}])

    assert "Seaweed." in text_of(answer)


async def test_the_models_are_listed(caller: httpx2.AsyncClient) -> None:
    listed = (await caller.get("/llm/v1/models", headers=HEADERS)).json()

    assert [model["id"] for model in listed["data"]] == ["sandbox-writer", "sandbox-small"]


async def test_mishaps_are_ordered_one_answer_at_a_time(caller: httpx2.AsyncClient) -> None:
    wanted = {"next": ["invalid_json", "decline", "no_credit", "run_out"], "pace_seconds": 0}
    json_object = {"response_format": {"type": "json_object"}}
    await caller.put("/llm/_policy", json=wanted)

    broken, declined, poor, short, good = [await ask(caller, **json_object) for _ in range(5)]

    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(broken))
    assert declined.json()["choices"][0]["message"]["refusal"]
    assert (poor.status_code, poor.json()["error"]["code"]) == (429, "insufficient_quota")
    assert short.json()["choices"][0]["finish_reason"] == "length"
    assert json.loads(text_of(good))["title"] == "The garden opens"


async def test_a_cut_stream_breaks_off_in_the_middle(caller: httpx2.AsyncClient) -> None:
    await caller.put("/llm/_policy", json={"next": ["cut_stream"], "pace_seconds": 0})

    with pytest.raises(httpx2.RemoteProtocolError):
        await ask(caller, stream=True)


@pytest.mark.parametrize("policy", [{"next": ["explode"]}, {"pace": 1}, {"pace_seconds": -1}])
async def test_a_policy_that_makes_no_sense_is_refused(
    caller: httpx2.AsyncClient, policy: dict[str, Any]
) -> None:
    assert (await caller.put("/llm/_policy", json=policy)).status_code == 422
