"""Nothing a caller sends costs more than its place: depth, size, patterns, cursors (S35-S41, S46, S79)."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.routes import TABLE
from tests.service.conftest import As
from tests.service.test_routes import JOB, MISSING, NAMES, WRITER, Things

BODIES = [(m, p) for m, p, found in TABLE if found.body is not None and not p.startswith("/hooks")]
LISTS = [
    (p, found.query)
    for m, p, found in TABLE
    if m == "GET" and found.query is not None and "after" in found.query.model_fields
]
HOSTILE = {
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 50_000,
    "closed deep lists": b"[" * 500 + b"]" * 500,
    "deep inside": b'{"args":' + b'{"a":' * 40 + b"1" + b"}" * 41,
    "a long number": b"9" * 100_000,
    "a long number inside": b'{"kind":"say","priority":' + b"9" * 5_000 + b"}",
    "a far exponent": b'{"kind":1e400}',
    "NaN": b'{"kind":NaN}',
    "many keys": json.dumps({f"k{n}": n for n in range(5_000)}).encode(),
    "a key twice": b'{"kind":"say","kind":"echo"}',
    "NUL": b'{"kind":"a\\u0000b"}',
    "half a character": b'{"kind":"\\ud800"}',
    "no UTF-8": b'{"kind":"\xff"}',
    "UTF-16": '{"kind":"say"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"kind":"say"}',
    "empty": b" ",
    "a text": b'"' + b"a" * 100_000 + b'"',
}
ENOUGH_SECONDS = 20


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_is_a_clear_refusal_on_every_route(
    client: httpx2.AsyncClient, as_user: As, body: bytes
) -> None:
    headers = as_user("ann", WRITER) | {"Content-Type": "application/json"}
    async with asyncio.timeout(ENOUGH_SECONDS):
        for method, path in BODIES:
            target = path.format(id=MISSING, **NAMES)

            answer = await client.request(method, target, content=body, headers=headers)

            assert answer.status_code in {400, 404, 409, 413, 415, 422}, (method, path)


async def test_a_field_that_is_the_servers_is_nobodys_to_set(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    """Mass assignment (S32): what a body does not name is refused, wherever it is put."""
    ours = ["state", "user", "user_id", "org", "org_id", "attempt", "worker_id", "created_at",
            "is_admin", "scopes_", "id_", "version_", "__proto__", "constructor"]  # fmt: skip
    headers = as_user("ann", WRITER)
    for method, path, found in TABLE:
        if found.body is None or path.endswith("/input"):
            continue
        target = path.format(id=MISSING, **NAMES)
        for name in set(ours) - set(found.body.model_fields):
            answer = await client.request(method, target, json={name: "x"}, headers=headers)

            assert answer.status_code in {404, 409, 422}, (path, name)
            assert found.body.model_config.get("extra") == "forbid", path


CURSORS = ["x", "0", "-1", "9" * 500, "é", "a.b", "null", "%00", "' OR 1=1--", "../..", "=" * 50,
           MISSING, MISSING.replace("-", ""), "MjAyNi0wMS0wMQ==", "[]", "{}", "\ud7ff", " "]  # fmt: skip


async def test_a_cursor_nobody_gave_out_is_refused_by_every_list(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    headers = as_user("ann", f"{WRITER} org:read admin")
    assert len(LISTS) > 15
    for path, _ in LISTS:
        target = path.format(id=await things.of(("GET", path)), **NAMES)
        for cursor in CURSORS:
            answer = await client.get(target, params={"after": cursor}, headers=headers)

            assert answer.status_code in {200, 400, 422}, (path, cursor)


@pytest.fixture
def things(app: Starlette, client: httpx2.AsyncClient, as_user: As, database_url: str) -> Things:
    return Things(app, client, as_user("ann", WRITER), database_url)


ODD_NUMBERS = ["0", "-1", "201", "1e9", "9" * 400, "0x10", "1.5", "NaN", "", "１０", "1_0", " 5"]


async def test_no_list_gives_more_than_it_may(
    client: httpx2.AsyncClient, as_user: As, things: Things
) -> None:
    headers = as_user("ann", f"{WRITER} org:read admin")
    for path, _ in LISTS:
        target = path.format(id=await things.of(("GET", path)), **NAMES)
        for limit in ODD_NUMBERS:
            answer = await client.get(target, params={"limit": limit}, headers=headers)

            assert answer.status_code in {200, 422}, (path, limit)
            if answer.status_code == 200:
                assert limit.strip() in {"5", "１０", "1_0"}, (path, limit)


async def test_a_long_query_is_refused_and_a_wild_one_is_only_text(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    headers = as_user("ann", f"{WRITER} org:read")
    for q in (
        "%" * 90,
        "_" * 90,
        "\\" * 50,
        "(a+)+$" * 10,
        "'; DROP TABLE jobs; --",
        "[a-z]*" * 10,
    ):
        assert (await client.get("/api/jobs", params={"q": q}, headers=headers)).status_code == 200
    for q in ("a" * 5_000, "a\x00b"):
        assert (await client.get("/api/jobs", params={"q": q}, headers=headers)).status_code == 422
    many = {"tag": ["x"] * 2_000, "state": ["queued"] * 2_000}
    assert (await client.get("/api/jobs", params=many, headers=headers)).status_code < 500
    assert (await client.post("/api/jobs", json=JOB, headers=headers)).status_code == 202


CLOCKS = ["*/0 * * * *", "99 * * * *", "* * * * * * * *", "a" * 50, "0-59/0 * * * *", "0 0 31 2 *",
          "1-1-1 * * * *", ",,,, * * * *", "@reboot", "0 0 30 2 *",
          "٣ * * * *", "0 0 * * 7#9", "-1 * * * *"]  # fmt: skip


async def test_a_clock_that_never_rings_or_cannot_be_read_is_refused_at_once(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    headers = as_user("ann", WRITER)
    async with asyncio.timeout(ENOUGH_SECONDS):
        for cron in CLOCKS:
            schedule = {**JOB, "cron": cron}
            answer = await client.put("/api/schedules/odd", json=schedule, headers=headers)

            assert answer.status_code == 422, cron
        for zone in (
            "../../etc/passwd",
            "Europe/Berlin\x00",
            "a" * 5_000,
            "UTC\n",
            "/etc/localtime",
        ):
            schedule = {**JOB, "cron": "0 9 * * *", "timezone": zone}
            answer = await client.put("/api/schedules/odd", json=schedule, headers=headers)

            assert answer.status_code == 422, zone


UNPRINTED = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\x", "a\x00.pdf", "CON", ".htaccess", "a/b",
    "\u202egpj.exe", "a" * 3_000, "\r\nX-Evil: 1", "-rf", "~root", "", " ", "\u2028",
]  # fmt: skip


async def test_the_name_of_a_file_is_only_a_name(
    client: httpx2.AsyncClient, as_user: As, service_settings: Any
) -> None:
    folder = service_settings.storage_path
    for name in UNPRINTED:
        quoted = "".join(f"%{byte:02X}" for byte in name.encode())
        headers = as_user("ann", WRITER) | {"X-Filename": quoted}

        kept = (await client.post("/api/uploads", content=b"x", headers=headers)).json()

        assert kept["name"]
        assert not {"/", "\\", "\x00", "\r", "\n"} & set(kept["name"]), name
        assert len(kept["name"]) <= 255
        assert kept["name"] not in {".", ".."}
    stored = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert len(stored) == len(UNPRINTED)
    assert all(not set(place) - set("0123456789abcdef-/") for place in stored), stored
