"""E-mails over HTTP: what was sent, to its owner only; and the link in one, to whoever has it."""

from uuid import UUID, uuid4

import httpx2
import pytest
import structlog.testing
from starlette.applications import Starlette

from jobs.mail.links import Links
from service.client import mint_token
from service.settings import ServiceSettings
from tests.service.conftest import SECRET, As, Headers
from tests.service.mailed import add_email, fetched

OWN = ("ann", "ann")
ORIGIN = "http://test"
KEY = "the tests' own key, long enough for anyone"


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    values = {**service_settings.model_dump(), "secret_key": KEY, "public_url": "https://a.example"}
    return ServiceSettings(**values)


@pytest.fixture
def links(service_settings: ServiceSettings) -> Links:
    return Links(service_settings)


def path(links: Links, ident: UUID, query: str = "") -> str:
    return f"/unsubscribe/{links.token(ident)}{query}"


async def wish(client: httpx2.AsyncClient, headers: Headers) -> None:
    wishes = {"email": "ann@example.com", "email_opt_in": True, "brief_email": True}
    answer = await client.put("/api/preferences", json=wishes, headers=headers)
    assert answer.status_code == 200


async def wishes(client: httpx2.AsyncClient, headers: Headers) -> tuple[bool, bool]:
    found = (await client.get("/api/preferences", headers=headers)).json()
    return found["email_opt_in"], found["brief_email"]


async def test_an_email_is_read_without_its_words(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_email(database_url, OWN)

    answer = await client.get(f"/api/emails/{ident}", headers=ann)

    shown = answer.json()
    assert answer.status_code == 200
    assert (shown["id"], shown["state"], shown["list"]) == (str(ident), "sent", "other")
    assert shown["address"] == "ann@example.com"
    assert not {"org_id", "user_id", "text", "attempt"} & set(shown)


async def test_emails_are_listed_newest_first_page_by_page(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    made = [str(await add_email(database_url, OWN)) for _ in range(5)]
    found: list[str] = []
    after: str | None = ""

    while after is not None:
        query = {"limit": "2", **({"after": after} if after else {})}
        page = (await client.get("/api/emails", params=query, headers=ann)).json()
        found += [mail["id"] for mail in page["data"]]
        after = page["next"]

    assert found == made[::-1]


async def test_a_mail_whose_job_is_over_is_not_being_sent(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    await add_email(database_url, OWN)
    left = await add_email(database_url, OWN, state="sending")
    job = await client.post(
        "/api/jobs", json={"kind": "say", "args": {"text": "hello"}}, headers=ann
    )
    going = await add_email(database_url, OWN, state="sending")
    move = "UPDATE emails SET job_id = $2 WHERE id = $1"
    await fetched(database_url, move, going, UUID(job.json()["id"]))

    failed = (await client.get("/api/emails?state=failed", headers=ann)).json()["data"]
    sending = (await client.get("/api/emails?state=sending", headers=ann)).json()["data"]
    of_job = (await client.get(f"/api/emails?job={job.json()['id']}", headers=ann)).json()["data"]

    assert [mail["id"] for mail in failed] == [str(left)]
    assert [mail["id"] for mail in sending] == [str(going)]
    assert of_job == sending


@pytest.mark.parametrize("owner", [("ann", "bert"), ("other", "ann"), ("bert", "bert")], ids=str)
async def test_somebody_elses_email_does_not_exist(
    client: httpx2.AsyncClient, ann: Headers, database_url: str, owner: tuple[str, str]
) -> None:
    ident = await add_email(database_url, owner)

    there = await client.get(f"/api/emails/{ident}", headers=ann)
    nowhere = await client.get(f"/api/emails/{uuid4()}", headers=ann)
    page = (await client.get("/api/emails", headers=ann)).json()

    assert there.status_code == nowhere.status_code == 404
    assert there.json()["code"] == nowhere.json()["code"]
    assert page["data"] == []


async def test_looking_at_the_link_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers, database_url: str, links: Links
) -> None:
    await wish(client, ann)
    ident = await add_email(database_url, OWN, "handoff")

    answers = [await client.request(m, path(links, ident)) for m in ("GET", "HEAD", "GET")]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert '<form method="post"' in answers[0].text
    assert "a•••@example.com" in answers[0].text
    assert "ann@" not in answers[0].text
    assert await wishes(client, ann) == (True, True)
    row = await fetched(database_url, "SELECT unsubscribed_at FROM emails WHERE id = $1", ident)
    assert row[0] is None


@pytest.mark.parametrize(
    ("about", "left"),
    [("handoff", (False, True)), ("brief", (True, False)), ("other", (True, True))],
    ids=["handoff", "brief", "other"],
)
async def test_one_click_turns_off_what_the_mail_was_about(
    client: httpx2.AsyncClient,
    ann: Headers,
    database_url: str,
    links: Links,
    about: str,
    left: tuple[bool, bool],
) -> None:
    await wish(client, ann)
    ident = await add_email(database_url, OWN, about)

    answers = [
        await client.post(path(links, ident), data={"List-Unsubscribe": "One-Click"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert await wishes(client, ann) == left
    shown = (await client.get(f"/api/emails/{ident}", headers=ann)).json()
    assert shown["unsubscribed_at"] is not None
    assert ("again=true" in answers[0].text) == (about == "other")


async def test_only_the_reader_of_the_mail_is_unsubscribed(
    client: httpx2.AsyncClient, as_user: As, ann: Headers, database_url: str, links: Links
) -> None:
    bert = as_user("bert", org="ann")
    await wish(client, ann)
    await wish(client, bert)
    ident = await add_email(database_url, ("ann", "bert"), "handoff")

    await client.post(path(links, ident))

    assert await wishes(client, ann) == (True, True)
    assert await wishes(client, bert) == (False, True)


async def test_it_can_be_taken_back_where_no_preference_tells(
    client: httpx2.AsyncClient, ann: Headers, database_url: str, links: Links
) -> None:
    first, second = [await add_email(database_url, OWN) for _ in range(2)]
    handoff = await add_email(database_url, OWN, "handoff")
    for ident in (first, second, handoff):
        await client.post(path(links, ident))

    answer = await client.post(path(links, second, "?again=true"))
    await client.post(path(links, handoff, "?again=true"))

    row = await fetched(
        database_url, "SELECT count(*) FROM emails WHERE unsubscribed_at IS NOT NULL"
    )
    assert "may get mail like this again" in answer.text
    assert row[0] == 1


@pytest.mark.parametrize("how", ["forged", "other key", "gone", "unlisted", "nonsense", "query"])
async def test_a_link_that_is_not_ours_leads_nowhere(
    client: httpx2.AsyncClient, database_url: str, links: Links, how: str
) -> None:
    ident = await add_email(database_url, OWN, None if how == "unlisted" else "other")
    token = links.token(uuid4() if how == "gone" else ident)
    if how == "forged":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    if how == "other key":
        token = Links(ServiceSettings(secret_key="x" * 40, public_url="https://a.example")).token(
            ident
        )
    if how == "nonsense":
        token = "é%00" + token
    suffix = "?token=1" if how == "query" else ""

    answers = [await client.request(m, f"/unsubscribe/{token}{suffix}") for m in ("GET", "POST")]

    row = await fetched(database_url, "SELECT unsubscribed_at FROM emails WHERE id = $1", ident)
    assert {answer.status_code for answer in answers} == {422 if how == "query" else 404}
    assert row[0] is None


async def test_the_page_runs_nothing_and_its_button_works_for_who_is_signed_in(
    client: httpx2.AsyncClient, database_url: str, links: Links
) -> None:
    ident = await add_email(database_url, OWN)
    token = mint_token(SECRET, user="ann")
    await client.post("/api/session", json={"token": token}, headers={"Origin": ORIGIN})

    page = await client.get(path(links, ident))
    pressed = await client.post(path(links, ident), headers={"Origin": ORIGIN})
    foreign = await client.post(path(links, ident), headers={"Origin": "https://evil.example"})

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"  # else the browser says Origin: null
    assert page.headers["cache-control"] == "no-store"
    assert (pressed.status_code, foreign.status_code) == (200, 403)


async def test_a_link_needs_no_caller_and_takes_any_body(
    app: Starlette, client: httpx2.AsyncClient, database_url: str, links: Links
) -> None:
    ident = await add_email(database_url, OWN)

    multipart = await client.post(
        path(links, ident), files={"List-Unsubscribe": (None, "One-Click")}
    )
    bad_token = await client.post(path(links, ident), headers={"Authorization": "Bearer nonsense"})

    assert (multipart.status_code, bad_token.status_code) == (200, 200)


async def test_no_log_line_has_a_link_that_still_works(
    client: httpx2.AsyncClient, database_url: str, links: Links
) -> None:
    ident = await add_email(database_url, OWN)

    with structlog.testing.capture_logs() as lines:
        await client.get(path(links, ident))

    assert [line["path"] for line in lines if line["event"] == "request"] == ["/unsubscribe/•••"]
    assert links.token(ident) not in str(lines)
