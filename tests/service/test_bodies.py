"""Hostile bodies: each ends in a clear 4xx, and nothing is stored."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bodies import UNSURE, parse, plain, thorough
from service.errors import Problem
from tests.service.conftest import Headers

JSON = {"Content-Type": "application/json"}


def job(args: str) -> bytes:
    return f'{{"kind":"echo","args":{args}}}'.encode("utf-8", "surrogatepass")


MALFORMED = {
    "empty": b"",
    "blank": b"  ",
    "cut": b'{"kind":"echo"',
    "trailing comma": b'{"kind":"echo",}',
    "single quotes": b"{'kind':'echo'}",
    "two values": b"{} {}",
    "a comment": b'{"kind":"echo"/**/}',
    "byte order mark": b'\xef\xbb\xbf{"kind":"echo"}',
    "not utf-8": b'{"kind":"\xff\xfe"}',
    "utf-16": '{"kind":"echo"}'.encode("utf-16"),
    "overlong utf-8": b'{"kind":"\xc0\xaf"}',
    "surrogate in utf-8": job('{"value":"\ud800"}'),
    "NaN": job('{"value":NaN}'),
    "Infinity": job('{"value":Infinity}'),
    "minus Infinity": job('{"value":-Infinity}'),
    "1e400": job('{"value":1e400}'),
    "an integer of 5000 digits": job('{"value":' + "9" * 5000 + "}"),
    "2^53": job('{"value":9007199254740992}'),
    "minus 2^53": job('{"value":-9007199254740992}'),
    "a raw control character": job('{"value":"a\x01b"}'),
    "the same key twice": b'{"kind":"echo","kind":"slow"}',
    "the same key twice, deep": job('{"value":{"a":1,"a":2}}'),
    "too many keys": job(json.dumps({"value": {str(n): 0 for n in range(1001)}})),
    "depth 40": job('{"value":' + "[" * 40 + "]" * 40 + "}"),
    "100000 brackets": b"[" * 100_000,
    "100000 braces": b'{"a":' * 100_000,
}
MISSHAPEN = {
    "a list": b"[]",
    "text": b'"echo"',
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "no kind": b"{}",
    "kind is null": b'{"kind":null}',
    "kind is a number": b'{"kind":1}',
    "kind is empty": b'{"kind":""}',
    "kind is long": json.dumps({"kind": "k" * 101}).encode(),
    "unknown kind": b'{"kind":"nothing"}',
    "unknown kind with newlines": b'{"kind":"a\\nb"}',
    "args is a list": job("[]"),
    "args is null": job("null"),
    "args are wrong": b'{"kind":"say","args":{"text":1}}',
    "args are missing": b'{"kind":"say","args":{}}',
    "args are too many": b'{"kind":"say","args":{"text":"a","more":1}}',
    "NUL": job('{"value":"a\\u0000b"}'),
    "NUL in a key": job('{"value":{"a\\u0000":1}}'),
    "NUL in the kind": b'{"kind":"echo\\u0000"}',
    "NUL in a tag": b'{"kind":"echo","tags":["\\u0000"]}',
    "NUL in metadata": b'{"kind":"echo","metadata":{"a":"\\u0000"}}',
    "lone surrogate": job('{"value":"\\ud800"}'),
    "lone surrogate in a key": job('{"value":{"\\udfff":1}}'),
    "lone surrogate, deep": job('{"value":[[{"a":["\\udc00"]}]]}'),
    "priority is text": b'{"kind":"echo","priority":"5"}',
    "priority is a fraction": b'{"kind":"echo","priority":1.5}',
    "priority is true": b'{"kind":"echo","priority":true}',
    "priority is out of range": b'{"kind":"echo","priority":101}',
    "run_at without zone": b'{"kind":"echo","run_at":"2026-01-01T00:00:00"}',
    "run_at far away": b'{"kind":"echo","run_at":"9999-01-01T00:00:00Z"}',
    "run_at is nonsense": b'{"kind":"echo","run_at":"soon"}',
    "run_at and delay": b'{"kind":"echo","run_at":"2026-01-01T00:00:00Z","delay":1}',
    "delay is negative": b'{"kind":"echo","delay":-1}',
    "delay is too long": b'{"kind":"echo","delay":40000000}',
    "delay is beyond all": b'{"kind":"echo","delay":1e300}',
    "timeout is zero": b'{"kind":"echo","timeout":0}',
    "timeout is too long": b'{"kind":"echo","timeout":86401}',
    "max_attempts is zero": b'{"kind":"echo","max_attempts":0}',
    "max_attempts is 21": b'{"kind":"echo","max_attempts":21}',
    "too many tags": json.dumps({"kind": "echo", "tags": ["t"] * 21}).encode(),
    "an empty tag": b'{"kind":"echo","tags":[""]}',
    "too much metadata": json.dumps({"kind": "echo", "metadata": {str(n): 1 for n in range(51)}}).encode(),
    "large metadata": json.dumps({"kind": "echo", "metadata": {"a": "x" * 20_000}}).encode(),
    **{
        f"setting {name} itself": json.dumps({"kind": "echo", name: value}).encode()
        for name, value in {
            "id": "01a203fe-315d-7704-ba1e-0be741383f9a", "state": "succeeded", "user": "bob",
            "user_id": "bob", "org": "acme", "org_id": "acme", "attempt": 9, "worker": "w",
            "worker_id": "w", "created_at": "2026-01-01T00:00:00Z", "is_admin": True, "version": 9,
        }.items()
    },
}  # fmt: skip


async def submit(client: httpx2.AsyncClient, ann: Headers, body: bytes) -> httpx2.Response:
    return await client.post("/api/jobs", content=body, headers={**ann, **JSON})


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_text_that_is_no_json_is_400(
    client: httpx2.AsyncClient, ann: Headers, body: bytes
) -> None:
    answer = await submit(client, ann, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert (await client.get("/api/jobs", headers=ann)).json()["data"] == []


@pytest.mark.parametrize("body", MISSHAPEN.values(), ids=MISSHAPEN)
async def test_json_of_the_wrong_shape_is_422_with_pointers(
    client: httpx2.AsyncClient, ann: Headers, body: bytes, request: pytest.FixtureRequest
) -> None:
    answer = await submit(client, ann, body)

    assert answer.status_code == 422
    meant = "unknown kind" in request.node.name
    assert (answer.json()["code"] == "unknown_kind") == meant
    assert all(
        fault["pointer"] == "" or fault["pointer"][0] == "/" for fault in answer.json()["errors"]
    )
    assert answer.json()["errors"]
    assert (await client.get("/api/jobs", headers=ann)).json()["data"] == []


async def test_pointers_lead_to_the_fault(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await submit(client, ann, job('{"value":[0,{"a/b~c":"\\u0000"}]}'))

    assert answer.json()["errors"][0]["pointer"] == "/args/value/1/a~1b~0c"


async def test_unknown_kinds_point_to_the_kind(client: httpx2.AsyncClient, ann: Headers) -> None:
    problem = (await submit(client, ann, b'{"kind":"nothing"}')).json()

    assert (problem["code"], problem["errors"][0]["pointer"]) == ("unknown_kind", "/kind")


async def test_wrong_args_point_into_the_args(client: httpx2.AsyncClient, ann: Headers) -> None:
    problem = (await submit(client, ann, b'{"kind":"say","args":{"text":1}}')).json()

    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_args", "/args/text")


@pytest.mark.parametrize(
    "media_type",
    [
        "", "text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonp",
        "application/json; charset=utf-16", "application/json; charset=latin-1", "*/*", ";", "\xff",
    ],
)  # fmt: skip
async def test_other_media_types_are_415(
    client: httpx2.AsyncClient, ann: Headers, media_type: str
) -> None:
    headers = httpx2.Headers(ann)
    headers.update({b"Content-Type": media_type.encode("latin-1")})

    answer = await client.post("/api/jobs", content=b'{"kind":"echo"}', headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"']
)
async def test_json_in_utf_8_is_taken(
    client: httpx2.AsyncClient, ann: Headers, media_type: str
) -> None:
    headers = {**ann, "Content-Type": media_type}

    answer = await client.post("/api/jobs", content='{"kind":"echo"}', headers=headers)

    assert answer.status_code == 202


async def test_compressed_bodies_are_415(client: httpx2.AsyncClient, ann: Headers) -> None:
    headers = {**ann, **JSON, "Content-Encoding": "gzip"}

    assert (await client.post("/api/jobs", content=b"\x1f\x8b", headers=headers)).status_code == 415


async def test_what_is_odd_but_allowed_comes_back_unchanged(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    value = {
        "": [
            "\u202egpj.exe",
            "😀",
            "<script>",
            "' OR 1=1--",
            "\x7f\n\t",
            2**53 - 1,
            0.1,
            None,
            True,
        ]
    }

    answer = await client.post(
        "/api/jobs", json={"kind": "echo", "args": {"value": value}}, headers=ann
    )

    found = await client.get(answer.headers["location"], headers=ann)
    assert found.json()["args"] == {"value": value}


@pytest.mark.parametrize("size", [256 * 1024 + 1, 900_000])
async def test_args_that_are_too_large_are_413(
    client: httpx2.AsyncClient, ann: Headers, size: int
) -> None:
    answer = await submit(client, ann, job(json.dumps({"value": "x" * size})))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def outcome(body: bytes) -> Any:
    """Return what a body is read as, or the status it is refused with."""
    try:
        return parse(body)
    except Problem as problem:
        return Refused(problem.status)


class Refused(int):
    """A status."""


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    read = outcome(body)

    assert not isinstance(read, Refused) or read in {400, 422}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@given(values)
def test_any_json_is_parsed_as_json_does_or_refused(value: Any) -> None:
    body = json.dumps(value).encode()

    read = outcome(body)

    assert read in {400, 422} if isinstance(read, Refused) else read == json.loads(body)


keys = st.sampled_from(["a", "b", "a:b", ":", "\\u003a", "\\n", '\\"', "{", "["])
numbers = st.sampled_from(
    ["0", "-0", "1.50", "1e2", "9007199254740991", "9007199254740992", "123456789012345",
     "1e99", "1e308", "1E+400", "-1e-400", "0.1234567890123456789", "NaN", "01"]
)  # fmt: skip
blank = st.sampled_from(["", " ", "\n"])
texts = st.recursive(
    numbers | st.sampled_from(["null", "true"]) | keys.map('"{}"'.format),
    lambda inner: (
        st.lists(inner).map(lambda of: "[" + ",".join(of) + "]")
        | st.lists(st.tuples(keys, blank, blank, inner)).map(
            lambda of: "{" + ",".join(f'"{k}"{a}:{b}{v}' for k, a, b, v in of) + "}"
        )
    ),
)


@given(texts)
def test_a_look_at_the_bytes_says_nothing_else_than_reading_them_thoroughly(text: str) -> None:
    looked = plain(text.encode())

    assert looked is UNSURE or repr(looked) == repr(thorough(text.encode()))


@pytest.mark.parametrize(
    "body", [b'{"a" :1,"a":":"}', b'{"a":":","a":1}', b'{"a":"\\u003a","a":1}']
)
def test_a_key_that_came_twice_is_seen_whatever_else_has_a_colon(body: bytes) -> None:
    with pytest.raises(Problem):
        parse(body)


def test_most_bodies_need_no_thorough_reading() -> None:
    body = {
        "kind": "echo",
        "args": {"url": "https://example.org/a?b=1", "ratio": 0.25, "at": "12:30"},
    }

    assert plain(json.dumps(body, indent=1).encode()) == body
    assert plain(json.dumps({"jobs": [body] * 1000}).encode()) == {"jobs": [body] * 1000}
