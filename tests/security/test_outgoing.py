"""Every door that takes a URL leads only outside (S52-S55, S57).

How the guard behind them meets redirects and name servers is in tests/jobs/providers/test_web_guard.py.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jobs.errors import Discard, ProviderError
from jobs.providers.transport import GuardedTransport, Target
from tests.jobs.providers.test_web_guard import HOSTILE
from tests.service.conftest import As, Headers
from tests.service.test_routes import JOB, WRITER

ROOT = Path(__file__).parents[2]
MORE = [
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://127。0。0。1/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[fe80::1%25eth0]/",
    "http://[::]/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://a.localhost/",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://printer.local/",
    "https://user:canary@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://example.com:0/",
    "http://example.com:25/",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "jar:http://127.0.0.1!/",
    "data:text/html,x",
    "http:\\\\127.0.0.1",
    "http://exa\tmple.com/",
    "http://example.com/\u202e",
    "http://example.com/\x00",
    " http://127.0.0.1/",
]
URLS = sorted({*(url.format(port=6379) for url in HOSTILE), *MORE})

Fill = Callable[[str], dict[str, Any]]
CONNECTION = {"provider": "oauth2", "name": "a"}
DOORS: dict[str, tuple[str, Fill]] = {
    "a webhook": ("/api/webhooks", lambda url: {"url": url}),
    "a job's webhook": ("/api/jobs", lambda url: {**JOB, "webhook": url}),
    "a batch's job's webhook": ("/api/jobs/batch", lambda url: {"jobs": [{**JOB, "webhook": url}]}),
    "a feed": ("/api/feeds", lambda url: {"url": url}),
    "a connection": ("/api/connections", lambda url: {**CONNECTION, "base_url": url}),
    "a token's end": ("/api/connections", lambda url: {**CONNECTION, "token_url": url}),
}


@pytest.mark.parametrize("door", DOORS)
async def test_no_door_takes_an_address_that_leads_inside(
    client: httpx2.AsyncClient, as_user: As, door: str
) -> None:
    path, fill = DOORS[door]
    for url in URLS:
        if not url and path == "/api/connections":
            continue  # none at all is fine there

        answer = await client.post(path, json=fill(url), headers=as_user("ann", WRITER))

        assert answer.status_code in {400, 422}, url
        assert "canary" not in answer.text, url


@pytest.mark.parametrize(
    ("path", "name"), [("/api/webhooks", "url"), ("/api/feeds", "url"), ("/api/connections", "base_url")]
)  # fmt: skip
async def test_no_change_leads_inside_either(
    client: httpx2.AsyncClient, as_user: As, path: str, name: str
) -> None:
    ann = as_user("ann", WRITER)
    body = {name: "https://example.com/a"} | (CONNECTION if "connections" in path else {})
    made = (await client.post(path, json=body, headers=ann)).json()["id"]
    changes = {"credentials": {"access_token": "new"}} if "connections" in path else {}

    for url in filter(None, URLS):
        answer = await client.patch(f"{path}/{made}", json={name: url, **changes}, headers=ann)

        assert answer.status_code in {400, 422}, url
    kept = (await client.get(f"{path}/{made}", headers=ann)).json()
    assert kept[name] == "https://example.com/a"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[int]]]:
    """Listen on a free port, and count who comes."""
    came: list[int] = []

    async def answer(_: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        came.append(1)
        outgoing.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came


@pytest.mark.parametrize(
    "spelled", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0"]
)
async def test_however_it_is_spelled_nobody_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    async with listening() as (port, came):
        monkeypatch.setattr("jobs.providers.transport.PORTS", frozenset({port}))
        transport = GuardedTransport()
        with pytest.raises((Discard, ProviderError)):
            await transport.send(Target.parse(f"http://{spelled}:{port}/"), {}, 5.0)
        await transport.aclose()

        assert came == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_no_proxy_of_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["192.0.2.1"]

    async with listening() as (port, came):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        transport = GuardedTransport(resolver)
        with pytest.raises(Discard):
            await transport.send(Target.parse("http://example.com/"), {}, 5.0)
        await transport.aclose()

        assert came == []


OURS = ("service/dev/", "service/client/", "service/doctor/")
MAY_CONNECT = {
    "jobs/providers/transport.py": "the guard itself",
    "jobs/providers/llm_transport.py": "the operator's model, bounded",
    "jobs/providers/llm.py": "the same",
    "service/jwks.py": "the operator's identity provider",
    "service/remote.py": "the command line's own server",
}
CLIENTS = re.compile(
    r"\b(AsyncClient|Client|AsyncHTTPTransport|HTTPTransport|urlopen|ClientSession|open_connection)\("
)


def test_nothing_else_makes_a_connection() -> None:
    files = [*(ROOT / "jobs").rglob("*.py"), *(ROOT / "service").rglob("*.py")]
    found = {f.relative_to(ROOT).as_posix() for f in files if CLIENTS.search(f.read_text())}

    assert {place for place in found if not place.startswith(OURS)} <= set(MAY_CONNECT)


async def test_what_a_user_gave_as_an_address_is_not_repeated_with_its_password(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post(
        "/api/feeds", json={"url": "https://me:canary@example.com/f"}, headers=ann
    )

    assert answer.status_code == 422
    assert "canary" not in answer.text
