"""Verifying an address over HTTP: asked for now and then, confirmed by the code alone, never told."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.codes import Codes
from jobs.kept.verifications import find_verification
from jobs.resources import Resources
from jobs.store.verifications import MOST_TRIES
from service.settings import ServiceSettings
from tests.played import leave_out
from tests.service.conftest import As, Headers

PREFERENCES = "/api/preferences"
MINE = {"email": "ann@example.com", "phone": "+4930123456"}
WRONG = ("000000", "000001")


@pytest.fixture
def service_settings(
    service_settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> ServiceSettings:
    leave_out(monkeypatch)
    return service_settings.model_copy(
        update={"processors": f"{service_settings.processors},tests.service.delivering"}
    )


@pytest.fixture
def resources(app: Starlette) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
async def ann(client: httpx2.AsyncClient, as_user: As) -> Headers:
    """Give Ann, who has said her addresses."""
    headers = as_user("ann")
    await client.put(PREFERENCES, json=MINE, headers=headers)
    return headers


async def ask(
    client: httpx2.AsyncClient, who: Headers, way: str = "email", status: int = 202
) -> Any:
    answer = await client.post(f"{PREFERENCES}/verify", json={"way": way}, headers=who)
    assert answer.status_code == status, answer.text
    return answer.json()


async def confirm(
    client: httpx2.AsyncClient, who: Headers, code: str, way: str = "email"
) -> httpx2.Response:
    body = {"way": way, "code": code}
    return await client.post(f"{PREFERENCES}/confirm", json=body, headers=who)


async def code_of(resources: Resources, asked: dict[str, Any], user: str = "ann") -> str:
    """Return the code as the kind that delivers it finds it, by its args."""
    args = await args_of(resources, asked)
    async with resources.db.session() as session:
        row = await find_verification(session, user, user, UUID(args["verification_id"]))
    assert row is not None
    assert (row.address, row.expired, row.job_id) == (args["to"], False, UUID(asked["job"]))
    return Codes(resources.settings).of(row)


async def args_of(resources: Resources, asked: dict[str, Any]) -> dict[str, Any]:
    record = await resources.db.fetchrow("SELECT args FROM jobs WHERE id = $1", UUID(asked["job"]))
    assert record is not None
    args: dict[str, Any] = record["args"]
    return args


async def turn_back(resources: Resources, minutes: float) -> None:
    await resources.db.fetch(
        "UPDATE verifications SET created_at = created_at - make_interval(mins => $1), "
        "expires_at = expires_at - make_interval(mins => $1)",
        minutes,
    )


def another_of(code: str) -> str:
    return WRONG[code == WRONG[0]]


async def test_the_code_that_came_verifies_the_address(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    asked = await ask(client, ann)
    code = await code_of(resources, asked)

    answer = await confirm(client, ann, f" {code[:3]} {code[3:]} ")
    again = await confirm(client, ann, code)

    assert answer.status_code == 200
    assert answer.json()["email_verified_at"] is not None
    assert answer.json()["phone_verified_at"] is None
    assert (await client.get(PREFERENCES, headers=ann)).json() == answer.json()
    assert again.json()["code"] == "nothing_to_confirm"
    assert (await ask(client, ann, status=409))["code"] == "already_verified"


async def test_a_telephone_is_verified_by_an_urgent_sms(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    asked = await ask(client, ann, "phone")

    answer = await confirm(client, ann, await code_of(resources, asked), "phone")

    job = (await client.get(f"/api/jobs/{asked['job']}", headers=ann)).json()
    assert answer.json()["phone_verified_at"] is not None
    assert (job["kind"], job["args"]["to"], job["args"]["urgent"]) == (
        "sms_delivery",
        "+4930123456",
        True,
    )
    assert asked["to"] == "+49•••56"


async def test_the_code_stands_in_no_answer_job_or_row(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    asked = await ask(client, ann)
    code = await code_of(resources, asked)

    job = await client.get(f"/api/jobs/{asked['job']}", headers=ann)
    told = await client.get(f"/api/jobs/{asked['job']}/events", headers=ann)
    rows = await resources.db.fetch("SELECT v::text FROM verifications v")

    assert asked["to"] == "a•••@example.com"
    assert (job.json()["kind"], job.json()["tags"]) == ("email_delivery", ["verification"])
    for text in (str(asked), job.text, told.text, str(rows)):
        assert code not in without_ids(text, asked)


def without_ids(text: str, asked: dict[str, Any]) -> str:
    """Leave out what may hold six digits by chance: ids, times and the nonce."""
    return " ".join(word for word in text.replace('"', " ").split() if len(word) < 20)


async def test_codes_are_asked_for_once_a_minute_and_five_times_an_hour(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    for _ in range(4):
        await ask(client, ann)
        soon = await client.post(f"{PREFERENCES}/verify", json={"way": "email"}, headers=ann)
        assert (soon.status_code, soon.json()["code"]) == (429, "too_many_codes")
        assert 50 <= int(soon.headers["retry-after"]) <= 60
        await turn_back(resources, 1)
    await ask(client, ann)
    await turn_back(resources, 1)

    much = await client.post(f"{PREFERENCES}/verify", json={"way": "email"}, headers=ann)
    await ask(client, ann, "phone")
    await turn_back(resources, 55)
    await ask(client, ann)

    assert much.status_code == 429
    assert 54 * 60 <= int(much.headers["retry-after"]) <= 55 * 60


async def test_one_address_gets_no_more_whoever_asks(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, resources: Resources
) -> None:
    bob = as_user("bob")
    await client.put(PREFERENCES, json=MINE, headers=bob)
    await ask(client, ann)

    refused = await ask(client, bob, status=429)
    await turn_back(resources, 1)
    await ask(client, bob)

    assert refused["code"] == "too_many_codes"


async def test_of_many_who_ask_at_once_one_is_sent_a_code(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    body = {"way": "email"}

    answers = await asyncio.gather(
        *(client.post(f"{PREFERENCES}/verify", json=body, headers=ann) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [202, 429, 429, 429, 429]
    assert len(await resources.db.fetch("SELECT id FROM jobs")) == 1


async def test_five_wrong_codes_use_it_up_even_all_at_once(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    asked = await ask(client, ann)
    code = await code_of(resources, asked)
    wrong = another_of(code)

    first = await confirm(client, ann, wrong)
    rest = await asyncio.gather(*(confirm(client, ann, wrong) for _ in range(9)))
    right = await confirm(client, ann, code)

    assert (first.status_code, first.json()["code"]) == (422, "wrong_code")
    assert first.json()["errors"][0]["pointer"] == "/code"
    assert "4" in first.json()["detail"]
    codes = [answer.json()["code"] for answer in rest]
    assert (codes.count("wrong_code"), codes.count("nothing_to_confirm")) == (MOST_TRIES - 1, 5)
    assert (right.status_code, right.json()["code"]) == (409, "nothing_to_confirm")


async def test_only_the_newest_code_counts_and_only_for_a_quarter_of_an_hour(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    old = await code_of(resources, await ask(client, ann))
    await turn_back(resources, 1)
    new = await code_of(resources, await ask(client, ann))

    earlier = await confirm(client, ann, old)
    await turn_back(resources, 15)
    late = await confirm(client, ann, new)

    assert earlier.json()["code"] == "wrong_code"
    assert late.json()["code"] == "nothing_to_confirm"


async def test_a_code_for_an_address_that_is_no_longer_ones_own_verifies_nothing(
    client: httpx2.AsyncClient, ann: Headers, resources: Resources
) -> None:
    code = await code_of(resources, await ask(client, ann))
    await client.put(PREFERENCES, json={**MINE, "email": "other@example.com"}, headers=ann)

    answer = await confirm(client, ann, code)

    assert answer.json()["code"] == "nothing_to_confirm"
    assert (await client.get(PREFERENCES, headers=ann)).json()["email_verified_at"] is None


async def test_a_code_confirms_nothing_by_the_other_way_or_for_another(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, resources: Resources
) -> None:
    code = await code_of(resources, await ask(client, ann))
    colleague, namesake = as_user("bob", org="ann"), as_user("ann", org="elsewhere")
    for stranger in (colleague, namesake):
        await client.put(PREFERENCES, json=MINE, headers=stranger)

    answers = [
        await confirm(client, ann, code, "phone"),
        await confirm(client, colleague, code),
        await confirm(client, namesake, code),
    ]

    assert {answer.json()["code"] for answer in answers} == {"nothing_to_confirm"}
    async with resources.db.session() as session:
        [record] = await resources.db.fetch("SELECT id FROM verifications")
        assert await find_verification(session, "ann", "bob", record["id"]) is None
        assert await find_verification(session, "elsewhere", "ann", record["id"]) is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("verify", {"way": "sms"}),
        ("verify", {}),
        ("verify", {"way": "email", "to": "bob@example.com"}),
        ("confirm", {"way": "email", "code": "12345"}),
        ("confirm", {"way": "email", "code": 123456}),
        ("confirm", {"way": "email", "code": "１２３４５６"}),
        ("confirm", {"code": "123456"}),
    ],
    ids=range(7),
)
async def test_what_does_not_fit_is_refused(
    client: httpx2.AsyncClient, ann: Headers, path: str, body: dict[str, Any]
) -> None:
    answer = await client.post(f"{PREFERENCES}/{path}", json=body, headers=ann)

    assert answer.status_code == 422


async def test_who_has_said_no_address_is_sent_nothing(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    bob = as_user("bob")

    unsaid = await ask(client, bob, status=422)
    await client.put(PREFERENCES, json={"phone": "+4930123456"}, headers=bob)
    other = await ask(client, bob, status=422)

    assert [fault["pointer"] for fault in (*unsaid["errors"], *other["errors"])] == ["/way", "/way"]
