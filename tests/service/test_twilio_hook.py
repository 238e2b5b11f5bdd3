"""Twilio's call-backs: signed they move a message forward; forged, changed or replayed they are refused."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.settings import ServiceSettings
from tests.service.conftest import As, client_of
from tests.service.texted import TOKEN, add_text, call_back, signed, status_form, text_of

HERE = "/hooks/twilio/status"
ANN = ("acme", "ann")
PREFERENCES = """
INSERT INTO preferences (org_id, user_id, phone, sms_opt_in, phone_verified_at)
VALUES ('acme', 'ann', '+4930123456', true, now())
"""


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"twilio_auth_token": SecretStr(TOKEN)})


@pytest.fixture
async def text(database_url: str) -> str:
    """Give the id of a text that Twilio has taken as SM1."""
    return await add_text(database_url, ANN)


async def test_a_text_goes_from_state_to_state(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    states = []
    for status in ("sent", "delivered"):
        answer = await call_back(client, status_form(status), f"?message={text}&sending=1")
        assert (answer.status_code, answer.content) == (204, b"")
        states.append((await text_of(database_url))["state"])

    row = await text_of(database_url)
    assert states == ["sent", "delivered"]
    assert (row["told"], row["delivered_at"] is not None) == (["1:sent", "1:delivered"], True)


async def test_without_our_names_in_the_url_twilios_own_is_enough(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    answer = await call_back(client, status_form("delivered"))

    assert (answer.status_code, (await text_of(database_url))["state"]) == (204, "delivered")


async def test_a_call_back_that_is_faster_than_the_answer_names_the_message(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    ident = await add_text(database_url, ANN, state="asking", sid=None)

    await call_back(client, status_form("sent", sid="SM7"), f"?message={ident}&sending=1")

    row = await text_of(database_url)
    assert (row["state"], row["provider_id"], row["unanswered_at"]) == ("sent", "SM7", None)


async def test_what_twilio_has_not_signed_is_refused(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    query, form = f"?message={text}&sending=1", status_form("delivered")
    right = signed(f"http://test{HERE}{query}", form)
    elsewhere = [
        signed(url, form)
        for url in (
            f"http://other{HERE}{query}",
            f"https://test{HERE}{query}",
            f"http://test:8000{HERE}{query}",
            f"http://test/hooks/twilio{query}",
        )
    ]
    tried = {
        "empty": ("", form, query),
        "forged": (right[::-1], form, query),
        "another token": (signed(f"http://test{HERE}{query}", form, "another"), form, query),
        "another sending": (right, form, query.replace("sending=1", "sending=2")),
        "another message": (right, form, query.replace(text[-4:], "ffff")),
        "no query": (right, form, ""),
        "more query": (right, form, f"{query}&more=1"),
        "another status": (right, form | {"MessageStatus": "failed"}, query),
        "one field more": (right, form | {"ErrorCode": "30005"}, query),
        "one field less": (right, {k: v for k, v in form.items() if k != "To"}, query),
        **{f"elsewhere {n}": (given, form, query) for n, given in enumerate(elsewhere)},
    }

    answers = {
        name: await call_back(client, sent, asked, signature=given)
        for name, (given, sent, asked) in tried.items()
    }
    answers["no signature"] = await client.post(f"{HERE}{query}", data=form)

    found = {name: (a.status_code, a.json()["code"]) for name, a in answers.items()}
    assert found == dict.fromkeys(answers, (403, "bad_signature"))
    row = await text_of(database_url)
    assert (row["state"], row["told"]) == ("queued", [])
    assert (await call_back(client, form, query, signature=right)).status_code == 204


async def test_two_signatures_are_none(client: httpx2.AsyncClient, text: str) -> None:
    form = status_form("delivered")
    right = signed(f"http://test{HERE}", form)
    headers = [("X-Twilio-Signature", "x"), ("X-Twilio-Signature", right)]

    assert (await client.post(HERE, data=form, headers=headers)).status_code == 403


async def test_a_replay_is_refused_and_an_older_state_changes_nothing(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    query = f"?message={text}&sending=1"
    answers = [
        await call_back(client, status_form(status), query)
        for status in ("delivered", "delivered", "sent", "sent", "failed")
    ]

    assert [answer.status_code for answer in answers] == [204, 409, 204, 409, 204]
    assert answers[1].json()["code"] == "replayed"
    assert (await text_of(database_url))["state"] == "delivered"


async def test_a_replay_of_an_earlier_sending_changes_nothing(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    ident = await add_text(database_url, ANN, sendings=2, sid="SM2")

    answer = await call_back(client, status_form("failed"), f"?message={ident}&sending=1")
    by_sid = await call_back(client, status_form("failed"))

    row = await text_of(database_url)
    assert (answer.status_code, by_sid.status_code) == (204, 404)
    assert (row["state"], row["provider_id"]) == ("queued", "SM2")


async def test_many_at_once_move_it_once(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    form, query = status_form("failed", code=30008), f"?message={text}&sending=1"

    answers = await asyncio.gather(*(call_back(client, form, query) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409]
    assert (await text_of(database_url))["told"] == ["1:failed"]


async def test_what_did_not_arrive_waits_to_be_sent_again(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    await call_back(client, status_form("undelivered", code=30003))

    row = await text_of(database_url)
    assert row["state"] == "retrying"
    assert 290 < (row["again_at"] - row["updated_at"]).total_seconds() < 310
    assert (row["error"]["code"], row["error"]["provider_code"]) == ("unreachable", 30003)


async def test_the_owner_is_told_once_of_what_never_arrives_and_it_is_not_handed_off(
    client: httpx2.AsyncClient, text: str, as_user: As
) -> None:
    ann, bob = as_user("ann", org="acme"), as_user("bob", org="acme")

    await call_back(client, status_form("undelivered", code=30007))
    await call_back(client, status_form("failed", code=30007))

    inbox = (await client.get("/api/inbox", headers=ann)).json()
    [entry] = inbox["data"]
    assert (entry["name"], entry["handed_off"]) == ("sms_failed", None)
    assert {name: entry["data"][name] for name in ("kind", "message_id", "code")} == {
        "kind": "sms_delivery",
        "message_id": text,
        "code": "blocked",
    }
    assert (await client.get("/api/inbox", headers=bob)).json()["data"] == []


@pytest.mark.parametrize(
    ("code", "opted_in", "verified"),
    [(21610, False, True), (30005, True, False), (30007, True, True)],
)
async def test_a_word_that_contradicts_the_preferences_changes_them(
    client: httpx2.AsyncClient,
    text: str,
    as_user: As,
    code: int,
    opted_in: bool,
    verified: bool,
) -> None:
    async with client._transport.app.state.resources.db.pool.acquire() as connection:  # type: ignore[attr-defined]
        await connection.execute(PREFERENCES)

    await call_back(client, status_form("undelivered", code=code))

    found = (await client.get("/api/preferences", headers=as_user("ann", org="acme"))).json()
    assert (found["sms_opt_in"], found["phone_verified_at"] is not None) == (opted_in, verified)


async def test_behind_a_proxy_the_public_address_is_what_counts(
    service_settings: ServiceSettings, database_url: str
) -> None:
    outside = "https://jobs.example"
    made = create_app(service_settings.model_copy(update={"public_url": outside}))
    async with made.router.lifespan_context(made), client_of(made) as client:
        await add_text(database_url, ANN)
        inside = await call_back(client, status_form("sent"))
        right = await call_back(client, status_form("sent"), base=outside)
        with_port = await call_back(client, status_form("delivered"), base=f"{outside}:443")

    assert [answer.status_code for answer in (inside, right, with_port)] == [403, 204, 204]


@pytest.fixture
async def unconfigured(service_settings: ServiceSettings) -> AsyncIterator[httpx2.AsyncClient]:
    made = create_app(service_settings.model_copy(update={"twilio_auth_token": SecretStr("")}))
    async with made.router.lifespan_context(made), client_of(made) as client:
        yield client


async def test_without_a_token_nobody_is_believed(
    unconfigured: httpx2.AsyncClient, text: str
) -> None:
    form = status_form("delivered")
    empty = signed(f"http://test{HERE}", form, token="")

    answer = await call_back(unconfigured, form, signature=empty)

    assert answer.status_code == 403


async def test_what_is_no_call_back_is_refused_in_words(
    client: httpx2.AsyncClient, text: str
) -> None:
    unknown = await call_back(client, status_form("sent", sid="SM404"))
    no_status = await call_back(client, {"MessageSid": "SM1"})
    no_code = await call_back(client, status_form("failed") | {"ErrorCode": "many"})
    no_id = await call_back(client, status_form("sent"), "?message=1")
    nul = await call_back(client, status_form("se\0nt"))
    as_json = await client.post(HERE, json=status_form("sent"))
    latin = await client.post(
        HERE,
        content=b"MessageSid=%ff",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    nobody = await client.get(HERE)

    answers = (unknown, no_status, no_code, no_id, nul, as_json, latin, nobody)
    assert [a.status_code for a in answers] == [404, 422, 422, 422, 422, 415, 422, 405]


async def test_a_word_that_is_not_known_changes_nothing(
    client: httpx2.AsyncClient, text: str, database_url: str
) -> None:
    answer = await call_back(client, status_form("somewhere"))

    assert (answer.status_code, (await text_of(database_url))["state"]) == (204, "queued")
