"""A change of SECRET_KEY: everything is sealed anew, what nobody can open is counted and left."""

import asyncio

import pytest
from cryptography.fernet import InvalidToken

from jobs.connections import Wanted
from jobs.resealing import Resealed, reseal
from jobs.resources import Resources, open_resources
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.webhooks.resource import Wanted as WantedWebhook
from tests.jobs.conftest import ANNA

OLD, NEW = "the old key", "the new key"


@pytest.fixture
def settings(settings: JobsSettings) -> JobsSettings:
    return JobsSettings(**{**settings.model_dump(), "secret_key": OLD})


async def fill(resources: Resources, connections: int = 3) -> None:
    for number in range(connections):
        secrets = {"access_token": f"at_{number}"}
        await resources.connections.create(ANNA, Wanted("oauth2", str(number), secrets))
    hook = await resources.webhooks.create(ANNA, WantedWebhook("https://example.com/", ["job.*"]))
    await resources.webhooks.rotate(ANNA, hook.id)


async def sealed(resources: Resources, table: str, column: str) -> list[bytes]:
    return [r[0] for r in await resources.db.fetch(f"SELECT {column} FROM {table} ORDER BY id")]  # noqa: S608


async def test_all_is_sealed_anew_and_opens_without_the_old_key(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.resealing.PAGE", 2)
    await fill(resources)

    found = await reseal(resources.db, f"{NEW},{OLD}")
    again = await reseal(resources.db, f"{NEW},{OLD}")

    assert found == {"connections": Resealed(3, 0), "webhooks": Resealed(2, 0)}
    assert again == {"connections": Resealed(0, 0), "webhooks": Resealed(0, 0)}
    opened = [
        Seal(NEW, "connections").open(s)
        for s in await sealed(resources, "connections", "credentials")
    ]
    assert ["at_0" in opened[0], "at_1" in opened[1], "at_2" in opened[2]] == [True] * 3
    for column in ("secret", "old_secret"):
        [secret] = await sealed(resources, "webhooks", column)
        assert Seal(NEW, "webhooks").open(secret).startswith("whsec_")
        with pytest.raises(InvalidToken):
            Seal(OLD, "webhooks").open(secret)


async def test_what_no_listed_key_opens_is_counted_and_left(resources: Resources) -> None:
    await fill(resources, connections=2)
    before = await sealed(resources, "connections", "credentials")

    found = await reseal(resources.db, f"{NEW},another")

    assert found["connections"] == Resealed(0, 2)
    assert await sealed(resources, "connections", "credentials") == before


async def test_what_is_written_meanwhile_is_not_written_over(
    resources: Resources, settings: JobsSettings
) -> None:
    await fill(resources, connections=30)
    changed = JobsSettings(**{**settings.model_dump(), "secret_key": f"{NEW},{OLD}"})
    async with open_resources(changed) as newer:
        page = await newer.connections.list(ANNA, None, None, 30)
        changes = {"credentials": {"access_token": "at_changed"}}

        await asyncio.gather(
            reseal(newer.db, f"{NEW},{OLD}"),
            *(newer.connections.change(ANNA, c.id, changes) for c in page.data),
        )

    opened = [
        Seal(NEW, "connections").open(s)
        for s in await sealed(resources, "connections", "credentials")
    ]
    assert len(opened) == 30
    assert all("at_changed" in text for text in opened)
