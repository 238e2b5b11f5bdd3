"""The sandbox's build service: builds that get on with time, logs by ranges, submissions, a token."""

from typing import Any

import httpx2
import pytest

from service.dev.sandbox import Sandbox
from service.dev.sandbox.eas import PHASES, TOKEN, Eas
from service.dev.sandbox.told import settings_at

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDER = {"platform": "ios", "profile": "production", "message": "m", "project": "garden"}


@pytest.fixture
def eas(sandbox: Sandbox) -> Eas:
    return sandbox.peer(Eas)


async def build(caller: httpx2.AsyncClient) -> str:
    made = await caller.post("/eas/builds", json=ORDER, headers=BEARER)
    assert made.status_code == 201
    return str(made.json()["id"])


async def view(caller: httpx2.AsyncClient, ident: str) -> dict[str, Any]:
    return (await caller.get(f"/eas/builds/{ident}", headers=BEARER)).json()


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": ""}]
)
async def test_only_the_token_opens_it(caller: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    answer = await caller.get("/eas/builds", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == "The bearer token is invalid."


async def test_a_build_gets_on_with_time(caller: httpx2.AsyncClient, eas: Eas) -> None:
    eas.policy.phase_seconds = 1.0
    ident = await build(caller)
    told = []

    for seconds in (0.0, 3.5, 60.0):
        eas.builds[ident].began -= seconds
        told.append((await view(caller, ident))["status"])

    assert told == ["IN_QUEUE", "IN_PROGRESS", "FINISHED"]


async def test_a_held_build_waits_in_its_middle(caller: httpx2.AsyncClient, eas: Eas) -> None:
    ident = await build(caller)
    policy = {"held": True, "phase_seconds": 0.0}
    await caller.put("/eas/_policy", json=policy)

    held = await view(caller, ident)
    await caller.put("/eas/_policy", json={"held": False})

    assert held["status"] == "IN_PROGRESS"
    assert (await view(caller, ident))["status"] == "FINISHED"


async def test_its_log_is_read_by_ranges_without_the_token(
    caller: httpx2.AsyncClient, eas: Eas
) -> None:
    eas.policy.phase_seconds = 0.0
    ident = await build(caller)
    (url,) = (await view(caller, ident))["logFiles"]

    whole = await caller.get(url)
    rest = await caller.get(url, headers={"Range": "bytes=10-"})
    nothing = await caller.get(url, headers={"Range": f"bytes={len(whole.content)}-"})

    assert whole.text.count("\n") == sum(len(lines) for _, lines in PHASES)
    assert (rest.status_code, rest.content) == (206, whole.content[10:])
    assert nothing.status_code == 416


async def test_a_finished_app_can_be_fetched_and_submitted(
    caller: httpx2.AsyncClient, eas: Eas
) -> None:
    eas.policy.phase_seconds = 0.0
    ident = await build(caller)
    done = await view(caller, ident)
    wanted = {"build_id": ident, "profile": "production"}

    app = await caller.get(done["artifacts"]["buildUrl"])
    made = await caller.post("/eas/submissions", json=wanted, headers=BEARER)
    found = await caller.get("/eas/submissions?platform=ios", headers=BEARER)

    assert b"garden for IOS" in app.content
    assert made.status_code == 201
    assert [one["submittedBuild"]["id"] for one in found.json()] == [ident]


async def test_an_unfinished_build_is_not_submitted(caller: httpx2.AsyncClient) -> None:
    wanted = {"build_id": await build(caller), "profile": "production"}

    answer = await caller.post("/eas/submissions", json=wanted, headers=BEARER)

    assert answer.status_code == 400


async def test_lists_are_newest_first_and_by_platform(caller: httpx2.AsyncClient) -> None:
    first, second = await build(caller), await build(caller)

    found = await caller.get("/eas/builds?platform=ios&limit=10", headers=BEARER)
    others = await caller.get("/eas/builds?platform=android", headers=BEARER)

    assert [one["id"] for one in found.json()] == [second, first]
    assert others.json() == []


def test_the_settings_lead_to_it_unless_somebody_has_their_own(sandbox: Sandbox) -> None:
    ours = settings_at(sandbox.url, {})
    theirs = settings_at(sandbox.url, {"EXPO_TOKEN": "real"})

    assert f"--url {sandbox.url}/eas" in ours["EAS_COMMAND"]
    assert ours["EXPO_TOKEN"] == TOKEN
    assert not {name for name in theirs if name.startswith(("EAS", "EXPO"))}
