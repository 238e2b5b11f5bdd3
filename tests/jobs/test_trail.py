"""Ids that lead from a request to its jobs: kept in one text, handed on, told in every line."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from jobs import trail
from jobs.batching import Batcher
from jobs.ids import uuid7
from jobs.log_masking import masked
from jobs.trail import CURRENT, Trail, sane, traceparent_in

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (PARENT, PARENT),
        (f"01{PARENT[2:]}-more", PARENT),
        (f"{PARENT}-more", ""),
        (f"ff{PARENT[2:]}", ""),
        (PARENT.upper(), ""),
        (PARENT.replace("b7ad6b7169203331", "0" * 16), ""),
        ("nonsense\n", ""),
        (None, ""),
    ],
)
def test_a_traceparent_is_taken_as_the_standard_says(given: str | None, taken: str) -> None:
    assert sane(given) == taken


@pytest.mark.parametrize("traceparent", ["", PARENT])
def test_what_is_kept_with_a_job_is_the_trail_of_its_attempts(traceparent: str) -> None:
    made = Trail("caller-1", traceparent)
    row = SimpleNamespace(id=uuid7(), attempt=2, trail=made.kept)

    assert Trail.of(row) == Trail("caller-1", traceparent, str(row.id), 2)
    assert trail.traceparent_of(row.trail) == traceparent


def test_who_works_for_many_works_for_nobody_s_request() -> None:
    async def flushed() -> tuple[object, object]:
        seen: list[object] = []

        async def flush(items: Sequence[int]) -> list[None]:
            seen.append(CURRENT.get())
            return [None]

        CURRENT.set(Trail("caller-1"))
        await Batcher(flush).add(1)
        return seen[0], CURRENT.get()

    in_flush, outside = asyncio.run(flushed())

    assert in_flush is None
    assert outside == Trail("caller-1")


def test_an_event_s_trace_cannot_be_made_up_by_its_data() -> None:
    event = f'{{"user":"\\"traceparent\\":\\"{PARENT}\\"","data":{{}}}}'

    assert traceparent_in(event) == ""
    assert traceparent_in(f'{{"attempt":1,"traceparent":"{PARENT}","data":{{}}}}') == PARENT


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer sesame",
        "authorization=sesame",
        "postgres://jobcast:sesame@db/jobcast refused",
        '{\\"password\\": \\"sesame\\"}',
        "token=sesame&x=1",
        "jc_sesame",
        "ticket.sesame",
        "whsec_sesame",
        "eyJsesame.sesame.sesame",
    ],
)
def test_credentials_in_others_words_are_masked(said: str) -> None:
    assert b"sesame" not in masked(said.encode())


def test_other_words_are_left_alone() -> None:
    line = b'{"event":"loop.failed","loop":"relay","error":"TimeoutError()","tokens":12}'

    assert masked(line) == line
