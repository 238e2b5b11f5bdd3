"""The generated AsyncAPI document: valid, complete, and true about the server's tables."""

import json
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from starlette.applications import Starlette

from jobs import errors
from realtime import conversation, frames
from realtime.close_codes import CLOSE_CODES
from service.messages import ANSWERS, CLIENT_FRAMES, SERVER_FRAMES
from service.streams import STREAMS

OFFICIAL = Path(__file__).with_name("schemas") / "asyncapi-3.0.0.json"
Json = dict[str, Any]


@pytest.fixture
async def document(client: httpx2.AsyncClient) -> Json:
    answer = await client.get("/asyncapi.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"
    found: Json = answer.json()
    return found


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text()))


async def test_the_document_is_valid_asyncapi_30(
    document: Json, official: jsonschema.Draft7Validator
) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert [error.message for error in official.iter_errors(document)] == []


@pytest.mark.parametrize(
    "where",
    [
        ("channels", "socket", "address"),
        ("channels", "socket", "bindings", "ws", "method"),
        ("operations", "tell", "action"),
        ("operations", "answer_poll", "bindings", "http", "query"),
        ("components", "schemas", "JobEvent", "type"),
    ],
)
async def test_the_official_schema_looks_everywhere(
    document: Json, official: jsonschema.Draft7Validator, where: tuple[str, ...]
) -> None:
    inside: Any = document
    for step in where[:-1]:
        inside = inside[step]

    inside[where[-1]] = 5

    assert not official.is_valid(document)


async def test_every_reference_leads_somewhere(document: Json) -> None:
    for piece in json.dumps(document).split('"$ref": "#/')[1:]:
        target: Any = document
        for step in piece.split('"')[0].split("/"):
            target = target[step]


async def test_operations_use_messages_of_their_channel_and_each_message_is_used(
    document: Json,
) -> None:
    used = set()
    for operation in document["operations"].values():
        reply = operation.get("reply", {"messages": []})
        inside = operation["channel"]["$ref"] + "/messages/"
        for one in operation["messages"] + reply["messages"]:
            assert one["$ref"].startswith(inside)
            used.add(one["$ref"])

    assert used == {
        f"#/channels/{name}/messages/{message}"
        for name, channel in document["channels"].items()
        for message in channel["messages"]
    }


async def test_the_channels_are_the_routes_that_stream(document: Json) -> None:
    assert {channel["address"] for channel in document["channels"].values()} == set(STREAMS)


async def test_close_codes_are_those_of_the_table(document: Json) -> None:
    numbers = [code["number"] for code in document["x-close-codes"]]

    assert numbers == [code.number for code in CLOSE_CODES]
    assert document["components"]["schemas"]["Bye"]["properties"]["code"]["enum"] == numbers


async def test_error_codes_are_told_with_their_meaning(document: Json) -> None:
    told = {each["code"]: each["text"] for each in document["x-error-codes"]}

    assert set(conversation.ERROR_CODES.values()) < set(told)
    assert {errors.NotFound.code, errors.WrongState.code, errors.Unavailable.code} < set(told)


async def test_every_message_that_the_server_reads_is_described(app: Starlette) -> None:
    commands = app.state.realtime.commands

    assert set(frames.MODELS) | set(commands) <= set(CLIENT_FRAMES)
    assert set(ANSWERS) | {"pong", "bye"} == set(CLIENT_FRAMES)
    assert {answer for answers in ANSWERS.values() for answer in answers} <= set(SERVER_FRAMES)
