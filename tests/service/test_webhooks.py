"""Webhooks over HTTP: made, shown without their secret, changed, rotated, tried, replayed."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from tests.service.conftest import As, Headers

HOOK = {"url": "https://example.com/hook?token=abc"}
SCOPES = "jobs:read jobs:write webhooks:write"


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", SCOPES)


async def make(client: httpx2.AsyncClient, ann: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/api/webhooks", json={**HOOK, **changed}, headers=ann)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_webhook_is_made_and_its_secret_is_shown_and_never_cached(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post("/api/webhooks", json=HOOK, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == f"/api/webhooks/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["events"], made["enabled"]) == (HOOK["url"], ["job.*"], True)
    assert (made["for_job"], made["whole_org"]) == (False, False)


async def test_a_secret_is_in_the_two_answers_that_make_one_and_in_no_other(
    client: httpx2.AsyncClient, ann: Headers, capfd: pytest.CaptureFixture[str]
) -> None:
    made = await make(client, ann)
    here = f"/api/webhooks/{made['id']}"
    rotated = await client.post(f"{here}/rotate", headers=ann)
    secrets = [made["secret"], rotated.json()["secret"]]

    others = [
        await client.get("/api/webhooks", headers=ann),
        await client.get(here, headers=ann),
        await client.patch(here, json={"description": "d"}, headers=ann),
        await client.post(f"{here}/test", headers=ann),
        await client.get(f"{here}/deliveries", headers=ann),
        await client.post(f"{here}/replay", json={"since": "2026-01-01T00:00:00Z"}, headers=ann),
        await client.patch(here, json={"url": "http://10.0.0.1/"}, headers=ann),
        await client.post("/api/webhooks", json={**HOOK, "secret": secrets[0]}, headers=ann),
        await client.get("/api/inbox", headers=ann),
    ]

    assert len(set(secrets)) == 2
    assert rotated.headers["cache-control"] == "no-store"
    assert [o.status_code for o in others] == [200, 200, 200, 202, 200, 202, 422, 422, 200]
    written = "".join([*(answer.text for answer in others), *capfd.readouterr()])
    assert "whsec_" not in written
    assert all(secret.removeprefix("whsec_") not in written for secret in secrets)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/", "http://localhost/", "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/", "https://u:p@example.com/", "https://example.com:6379/",
        "ftp://example.com/", "javascript:alert(1)", "example.com", "https://", "http://a b/",
    ],
)  # fmt: skip
async def test_a_url_that_can_never_be_right_is_refused(
    client: httpx2.AsyncClient, ann: Headers, url: str
) -> None:
    made = await make(client, ann)

    answers = [
        await client.post("/api/webhooks", json={"url": url}, headers=ann),
        await client.patch(f"/api/webhooks/{made['id']}", json={"url": url}, headers=ann),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_webhook")
    assert len((await client.get("/api/webhooks", headers=ann)).json()["data"]) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"url": ""}, {"url": "https://example.com/" + "a" * 2000}, {"url": None}, {"url": 1},
        {"events": []}, {"events": ["job.exploded"]}, {"events": ["*"]}, {"events": ["job.failed "]},
        {"events": ["notification."]},
        {"events": ["job.*\n"]}, {"events": ["batch.started"]}, {"events": "job.*"},
        {"events": ["job.*"] * 21}, {"description": "x" * 501}, {"whole_org": "maybe"},
        {"for_job": True}, {"secret": "whsec_abc"}, {"org": "other"},
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any]
) -> None:
    answer = await client.post("/api/webhooks", json={**HOOK, **changed}, headers=ann)

    assert answer.status_code == 422, answer.text


async def test_single_events_and_whole_families_can_be_chosen(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    events = ["job.failed", "job.input_requested", "batch.*", "notification.brief_completed"]

    assert (await make(client, ann, events=events))["events"] == events


async def test_hearing_of_the_whole_org_needs_the_scope_to_read_it(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    lead = as_user("ann", f"{SCOPES} org:read")

    refused = await client.post("/api/webhooks", json={**HOOK, "whole_org": True}, headers=ann)
    made = await make(client, lead, whole_org=True)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert made["whole_org"]


async def test_a_webhook_is_changed_disabled_and_enabled(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"

    changed = await client.patch(here, json={"events": ["job.failed"]}, headers=ann)
    off = await client.patch(here, json={"enabled": False}, headers=ann)
    tried = await client.post(f"{here}/test", headers=ann)
    on = await client.patch(here, json={"enabled": True}, headers=ann)

    assert changed.json()["events"] == ["job.failed"]
    assert (off.json()["enabled"], off.json()["disabled_reason"]) == (
        False,
        "Its owner disabled it.",
    )
    assert (tried.status_code, tried.json()["code"]) == (409, "webhook_disabled")
    assert on.json()["enabled"] is True


async def test_a_test_is_put_on_its_way_and_listed(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"
    made = [(await client.post(f"{here}/test", headers=ann)).json() for _ in range(3)]

    first = await client.get(f"{here}/deliveries?limit=2", headers=ann)
    second = await client.get(
        f"{here}/deliveries?limit=2&after={first.json()['next']}", headers=ann
    )

    listed = [*first.json()["data"], *second.json()["data"]]
    assert listed == made[::-1]
    assert {d["state"] for d in listed} == {"pending"}
    assert first.links["next"]["url"].startswith(f"{here}/deliveries?limit=2&after=")
    assert second.json()["has_more"] is False


@pytest.mark.parametrize(
    "body",
    [{}, {"delivery_ids": []}, {"delivery_ids": ["x"]}, {"since": "yesterday"}, {"all": True},
     {"since": "2026-01-01T00:00:00"}, {"since": "2026-01-01T00:00:00Z", "state": "pending"},
     {"since": "2026-01-01T00:00:00Z", "delivery_ids": [str(uuid7())]}],
)  # fmt: skip
async def test_a_replay_must_say_what(
    client: httpx2.AsyncClient, ann: Headers, body: dict[str, Any]
) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"

    answer = await client.post(f"{here}/replay", json=body, headers=ann)

    assert answer.status_code == 422


async def test_a_replay_counts_what_it_put_on_its_way(
    client: httpx2.AsyncClient, ann: Headers, app: Starlette
) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"
    made = [(await client.post(f"{here}/test", headers=ann)).json()["id"] for _ in range(3)]
    await app.state.resources.db.fetch("UPDATE deliveries SET next_at = NULL, tries = 10")

    some = await client.post(f"{here}/replay", json={"delivery_ids": made[:1]}, headers=ann)
    rest = await client.post(f"{here}/replay", json={"since": "2026-01-01T00:00Z"}, headers=ann)

    assert (some.status_code, some.json()) == (202, {"replayed": 1})
    assert rest.json() == {"replayed": 2}


async def test_a_deleted_webhook_is_gone(client: httpx2.AsyncClient, ann: Headers) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"

    deleted = await client.delete(here, headers=ann)

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await client.get(here, headers=ann)).status_code == 404
    assert (await client.get(f"{here}/deliveries", headers=ann)).status_code == 404


async def test_a_cursor_nobody_gave_out_is_refused(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/webhooks/{(await make(client, ann))['id']}"

    for path in ("/api/webhooks", f"{here}/deliveries", "/api/inbox"):
        answer = await client.get(f"{path}?after=what", headers=ann)

        assert answer.status_code == 400, path


async def test_a_job_may_name_its_own_webhook(client: httpx2.AsyncClient, ann: Headers) -> None:
    job = {"kind": "say", "args": {"text": "hello"}}

    for _ in range(2):
        accepted = await client.post("/api/jobs", json={**job, "webhook": HOOK["url"]}, headers=ann)
        assert accepted.status_code == 202
    refused = await client.post("/api/jobs", json={**job, "webhook": "http://[::1]/"}, headers=ann)

    listed = (await client.get("/api/webhooks", headers=ann)).json()["data"]
    assert [(hook["url"], hook["for_job"]) for hook in listed] == [(HOOK["url"], True)]
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_webhook")
    assert len((await client.get("/api/jobs", headers=ann)).json()["data"]) == 2
