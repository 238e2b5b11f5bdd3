"""The sandbox itself: what is served, how it is told to fail, what it remembers of calls."""

import asyncio
import threading
from typing import Any

import httpx2
import pytest

from service.dev.sandbox import Sandbox, open_sandbox, told
from service.dev.sandbox.oauth import CLIENT, SECRET


async def token(caller: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": "rt_x", **fields}
    return await caller.post("/oauth/token", data=form, auth=(CLIENT, SECRET))


async def test_the_sample_site_is_served_with_validators(caller: httpx2.AsyncClient) -> None:
    page = await caller.get("/soil.html")

    again = await caller.get("/soil.html", headers={"If-None-Match": page.headers["etag"]})

    assert "How the soil was made" in page.text
    assert "last-modified" in page.headers
    assert (again.status_code, again.content) == (304, b"")
    assert "Disallow: /private/" in (await caller.get("/robots.txt")).text
    assert (await caller.get("/")).headers["content-type"].startswith("text/html")


async def test_a_switch_makes_a_provider_fail_for_so_many_calls(
    caller: httpx2.AsyncClient,
) -> None:
    how = {"status": 429, "retry_after": 7, "times": 2}
    put = await caller.put("/_switches/oauth", json=how)

    answers = [await token(caller) for _ in range(3)]

    assert put.json()["oauth"] == {**how, "left": 2}
    assert [a.status_code for a in answers] == [429, 429, 400]
    assert answers[0].headers["retry-after"] == "7"
    assert (await caller.get("/_switches")).json()["oauth"] is None


async def test_a_switch_lasts_until_it_is_cleared_and_leaves_others_alone(
    caller: httpx2.AsyncClient,
) -> None:
    await caller.put("/_switches/oauth", json={"status": 503})

    failing = [(await token(caller)).status_code for _ in range(3)]
    site = await caller.get("/soil.html")
    await caller.delete("/_switches/oauth")

    assert failing == [503] * 3
    assert site.status_code == 200
    assert (await token(caller)).status_code == 400


async def test_a_switch_may_be_for_some_paths_only(
    caller: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.switch("oauth", status=500, path="/me")

    assert (await caller.get("/oauth/me")).status_code == 500
    assert (await token(caller)).status_code == 400


@pytest.mark.parametrize("how", [{"status": 200}, {"statsu": 500}, {"times": 0}, [], "x"])
async def test_a_switch_that_makes_no_sense_is_refused(
    caller: httpx2.AsyncClient, how: Any
) -> None:
    assert (await caller.put("/_switches/oauth", json=how)).status_code == 422


async def test_an_unknown_provider_has_no_switch(caller: httpx2.AsyncClient) -> None:
    assert (await caller.put("/_switches/nobody", json={})).status_code == 404


async def test_garbage_comes_after_the_work_was_done(
    caller: httpx2.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.switch("site", garbage=True, times=1)

    spoiled = await caller.get("/soil.html")

    assert spoiled.status_code == 200
    assert b"\x00" in spoiled.content
    assert "soil" in (await caller.get("/soil.html")).text


async def test_a_truncated_answer_breaks_off(caller: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switch("site", truncate=True, times=1)

    with pytest.raises(httpx2.RemoteProtocolError):
        await caller.get("/soil.html")

    assert "soil" in (await caller.get("/soil.html")).text


async def test_a_slow_provider_answers_late(caller: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switch("oauth", delay_seconds=300)

    with pytest.raises(httpx2.ReadTimeout):
        await caller.get("/oauth/me", timeout=0.2)

    assert sandbox.calls("oauth")[0]["status"] is None


async def test_calls_are_kept_without_secrets(caller: httpx2.AsyncClient, sandbox: Sandbox) -> None:
    await token(caller, scope="read")
    await caller.get("/oauth/me?access_token=abc&q=1", headers={"Authorization": "Bearer abc"})

    calls = (await caller.get("/_calls/oauth")).json()

    assert [(c["method"], c["path"], c["status"]) for c in calls] == [
        ("POST", "/token", 400),
        ("GET", "/me", 401),
    ]
    asked = {"grant_type": "refresh_token", "refresh_token": "•••", "scope": "read"}
    assert calls[0]["body"] == asked
    assert calls[0]["headers"]["authorization"] == "Basic •••"
    assert calls[1]["query"] == {"access_token": "•••", "q": "1"}
    assert sandbox.calls("oauth", "/me") == calls[1:]
    await caller.delete("/_calls/oauth")
    assert (await caller.get("/_calls/oauth")).json() == []


async def test_each_sandbox_begins_anew_and_ends_with_its_context() -> None:
    with open_sandbox() as first, open_sandbox() as second:
        first.switch("oauth", status=500)
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{first.url}/oauth/me")).status_code == 500
            assert (await client.get(f"{second.url}/oauth/me")).status_code == 401
        assert second.calls("oauth")[0]["path"] == "/me"

    assert not [t for t in threading.enumerate() if t.name == "sandbox"]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*first.host.split(":"))


def test_settings_lead_to_the_sandbox_unless_the_caller_has_his_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played = {"a": {"A_URL": "{url}/a", "A_KEY": "k"}, "b": {"B_URL": "{url}/b"}}
    monkeypatch.setattr(told, "SETTINGS", played)

    assert told.settings_at("http://s", {"A_URL": ""}) == {
        "A_URL": "http://s/a", "A_KEY": "k", "B_URL": "http://s/b",
    }  # fmt: skip
    assert told.settings_at("http://s", {"A_KEY": "mine"}) == {"B_URL": "http://s/b"}
