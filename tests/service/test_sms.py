"""Texts over HTTP: listed and read by their owners only."""

import httpx2
import pytest

from tests.service.conftest import As, Headers
from tests.service.texted import add_text

HERE = "/api/sms"
ANN = ("acme", "ann")


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", org="acme")


async def test_texts_are_listed_by_page_and_state_and_read(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    first = await add_text(database_url, ANN)
    held = await add_text(database_url, ANN, state="held", sid=None, sendings=0)
    last = await add_text(database_url, ANN, sid="SM3")

    page = (await client.get(f"{HERE}?limit=2", headers=ann)).json()
    rest = (await client.get(f"{HERE}?limit=2&after={page['next']}", headers=ann)).json()
    by_state = (await client.get(f"{HERE}?state=held,failed", headers=ann)).json()
    read = (await client.get(f"{HERE}/{last}", headers=ann)).json()

    assert ([text["id"] for text in page["data"]], page["has_more"]) == ([last, held], True)
    assert ([text["id"] for text in rest["data"]], rest["has_more"]) == ([first], False)
    assert [text["id"] for text in by_state["data"]] == [held]
    assert read == page["data"][0]
    assert (read["to"], read["state"], read["sendings"]) == ("+4930123456", "queued", 1)
    assert not {"user_id", "org_id", "told", "attempt", "verification_id"} & read.keys()


async def test_others_texts_do_not_exist(
    client: httpx2.AsyncClient, as_user: As, database_url: str
) -> None:
    ident = await add_text(database_url, ANN)

    for whose in (as_user("bob", org="acme"), as_user("ann", org="other")):
        assert (await client.get(f"{HERE}/{ident}", headers=whose)).status_code == 404
        assert (await client.get(HERE, headers=whose)).json()["data"] == []


async def test_a_query_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    queries = ("state=gone", "limit=0", "limit=201", "before=x", "after=nonsense")

    found = [(await client.get(f"{HERE}?{query}", headers=ann)).status_code for query in queries]

    assert found == [422, 422, 422, 422, 400]
