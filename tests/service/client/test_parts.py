"""The parts that need no network: the parser, the patience, documents, signatures."""

import copy
import json
import pickle
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from jobs.webhooks.signing import signatures
from service.client import BadSignature, JobResource, RefusedError, UnreachableError
from service.client import mint_token as mint
from service.client.errors import JobcastError
from service.client.parser import EventParser, Heard
from service.client.patience import Deadline, Tries, jitter
from service.client.request import path, plain, query_of
from service.client.server import seconds_of
from service.client.signing import verify_webhook
from service.settings import ServiceSettings
from service.tokens import TokenReader
from tests.service.commands.speaker import job

STREAM = (
    '\ufeffretry: 400\n\nid: e.1\nevent: snapshot\ndata: {"ü":\ndata: 1}\n\n: hb\r\n'
    "event: bye\r\ndata\r\n\r\n\ndata: last\n\ndata: never ended"
).encode()
HEARD = [
    Heard("snapshot", '{"ü":\n1}', "e.1"),
    Heard(),
    Heard("bye"),
    Heard("message", "last"),
]
SECRET, OTHER = (f"whsec_{b64encode(bytes(32 * [n])).decode()}" for n in (1, 2))


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_a_stream_is_read_the_same_however_it_is_cut_into_pieces(cuts: list[int]) -> None:
    parser, marks = EventParser(), [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(marks)]

    told = [event for piece in pieces for event in parser.feed(piece)]

    assert [one for one in told if one.name != "message" or one.data] == HEARD


def test_an_event_without_end_is_refused() -> None:
    parser = EventParser()

    with pytest.raises(JobcastError, match="too large"):
        [list(parser.feed(b"x" * 2**20)) for _ in range(17)]


def refused(status: int, after: float | None = None) -> RefusedError:
    return RefusedError(status, {}, after)


@pytest.mark.parametrize(
    ("error", "repeatable", "again"),
    [
        (refused(429), False, True),
        (refused(503), False, True),
        (refused(503, 3600), True, False),
        (refused(502), True, True),
        (refused(502), False, False),
        (refused(409, 1), True, True),
        (refused(409), True, False),
        (refused(422), True, False),
        (refused(500), True, False),
        (UnreachableError("", sent=True), True, True),
        (UnreachableError("", sent=True), False, False),
        (UnreachableError("", sent=False), False, True),
    ],
)
def test_only_what_is_harmless_and_may_pass_is_tried_again(
    error: JobcastError, repeatable: bool, again: bool
) -> None:
    tries = Tries(repeatable=repeatable, retries=3)

    if again:
        assert 0 <= tries.wait_after(error) <= 1
    else:
        with pytest.raises(type(error)):
            tries.wait_after(error)


def test_tries_end_and_a_server_is_left_alone_for_as_long_as_it_said() -> None:
    tries = Tries(repeatable=True, retries=2)

    waits = [tries.wait_after(refused(429, 7)) for _ in range(2)]

    assert min(waits) >= 7
    with pytest.raises(RefusedError):
        tries.wait_after(refused(429, 7))


def test_waits_double_up_to_twenty_seconds() -> None:
    longest = [jitter(failures, lambda _, most: most) for failures in (0, 1, 2, 6, 99)]

    assert longest == [0.5, 1, 2, 20, 20]
    assert Deadline().left == float("inf")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("", None), (None, None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header) == seconds


def test_a_document_is_typed_frozen_and_tolerant() -> None:
    raw: dict[str, Any] = job(progress={"fraction": 0.5, "message": ""}, tags=["a"], new_field=1)
    read = JobResource(raw)

    assert read.created_at == datetime(2026, 9, 4, 10, tzinfo=UTC)
    assert read.progress is not None
    assert (read.progress.fraction, read.tags, read.finished_at) == (0.5, ("a",), None)
    assert (read.worker, read.raw["new_field"]) == (None, 1)
    assert pickle.loads(pickle.dumps(read)) == copy.deepcopy(read) == read  # noqa: S301 - our own
    assert len({read, JobResource(raw)}) == 1
    assert "finished_at" in dir(read)
    assert "state='running'" in repr(read)
    for wrong in ("version_", "priority"):  # one that there is not, one that was not told
        with pytest.raises(AttributeError):
            getattr(read, wrong)
    with pytest.raises(AttributeError, match="frozen"):
        read.state = "failed"
    with pytest.raises(AttributeError, match="frozen"):
        del read.state


def test_paths_and_queries_carry_anything_safely() -> None:
    query = query_of(
        {"state": ["a", "b"], "since": datetime(2026, 1, 1, tzinfo=UTC), "x": None, "all": True}
    )

    assert path("jobs", "../../a?b") == "/api/jobs/..%2F..%2Fa%3Fb"
    assert query == [
        ("state", "a"),
        ("state", "b"),
        ("since", "2026-01-01T00:00:00+00:00"),
        ("all", "true"),
    ]
    assert json.dumps({"delay": timedelta(minutes=5), "tags": {"b", "a"}}, default=plain) == (
        '{"delay": 300.0, "tags": ["a", "b"]}'
    )


def delivery(body: str, at: datetime, keys: list[str]) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signed = signatures(keys, "msg_1", at, body)
    return {"Webhook-Id": "msg_1", "webhook-timestamp": stamp, "WEBHOOK-SIGNATURE": signed}


def test_what_the_server_signs_is_verified_also_while_the_secret_is_rotated() -> None:
    body, now = '{"type":"job.succeeded","data":{"ü":1}}', datetime.now(UTC)
    headers = delivery(body, now, [OTHER, SECRET])

    event = verify_webhook(body.encode(), headers, SECRET)

    assert event["type"] == "job.succeeded"
    assert Webhook(SECRET).verify(body, {k.lower(): v for k, v in headers.items()}) == event


@pytest.mark.parametrize(
    ("body", "minutes", "secret", "without"),
    [
        ('{"a":2}', 0, SECRET, ""),
        ('{"a":1}', 6, SECRET, ""),
        ('{"a":1}', -6, SECRET, ""),
        ('{"a":1}', 0, OTHER, ""),
        ('{"a":1}', 0, "whsec_not base64", ""),
        ('{"a":1}', 0, SECRET, "Webhook-Id"),
        ('{"a":1}', 0, SECRET, "webhook-timestamp"),
        ('{"a":1}', 0, SECRET, "WEBHOOK-SIGNATURE"),
    ],
)
def test_anything_else_is_no_delivery(body: str, minutes: int, secret: str, without: str) -> None:
    headers = delivery('{"a":1}', datetime.now(UTC) - timedelta(minutes=minutes), [SECRET])
    headers.pop(without, None)

    with pytest.raises(BadSignature):
        verify_webhook(body, headers, secret)


async def test_a_token_that_is_minted_here_is_taken_there() -> None:
    secret = "the secret that back end and server share"
    settings = ServiceSettings(jwt_secret=secret)

    minted = mint(secret, user="42", org="acme", scopes="jobs:read", lifetime=timedelta(minutes=1))
    caller = await TokenReader(settings).read(minted)

    assert (caller.user, caller.org, caller.scopes) == ("42", "acme", frozenset({"jobs:read"}))
