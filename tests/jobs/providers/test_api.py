"""Calling an API: what goes out, what comes back, and which failure is which."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from jobs.errors import Discard, Garbage, ProviderError, Refused
from jobs.providers.api import Api, Endpoint, Payload, as_form, as_json
from tests.jobs.providers.site import Site, response, settings_for

TOKEN = "s3cret-token"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with Api(settings_for(api_max_bytes=10_000, api_timeout_seconds=5.0)) as opened:
        yield opened


@pytest.fixture
def service(api: Api, site: Site) -> Endpoint:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    return api.at(site.url("/api"), headers=bearer, trusted=True)


def answer(data: Any, status: str = "200 OK", **headers: Any) -> bytes:
    return response(json.dumps(data).encode(), status, content_type="application/json", **headers)


async def test_json_goes_out_and_comes_back(service: Endpoint, site: Site) -> None:
    site.pages["/api/things"] = answer({"id": 7}, "201 Created", x_limit="9")

    made = await service.post("/things", as_json({"name": "ä"}), headers={"Idempotency-Key": "k"})

    assert (made.status, made.data, made.headers["x-limit"]) == (201, {"id": 7}, "9")
    assert site.methods == ["POST"]
    assert json.loads(site.bodies[0]) == {"name": "ä"}
    sent = site.headers("/api/things")
    assert sent["content-type"] == "application/json"
    assert sent["authorization"] == f"bearer {TOKEN}"
    assert sent["idempotency-key"] == "k"
    assert "cookie" not in sent


async def test_a_form_goes_out(service: Endpoint, site: Site) -> None:
    site.pages["/api/token"] = answer({})

    await service.post("token", as_form({"grant_type": "refresh_token", "scope": "a b&c"}))

    sent = parse_qs(site.bodies[0].decode())
    assert sent == {"grant_type": ["refresh_token"], "scope": ["a b&c"]}


async def test_bytes_and_nothing_can_go_out_by_any_method(service: Endpoint, site: Site) -> None:
    site.pages["/api/media"] = answer({})

    await service.call("PUT", "/media", payload=Payload("image/png", b"\x89PNG"))
    await service.call("DELETE", "/media")
    await service.post("/media")

    assert site.methods == ["PUT", "DELETE", "POST"]
    assert site.bodies == [b"\x89PNG", b"", b""]


async def test_a_query_is_added_and_the_next_page_followed(service: Endpoint, site: Site) -> None:
    site.pages["/api/list?limit=2&q=a+b"] = answer([1, 2])
    site.pages["/api/list?page=2"] = answer([3])

    first = await service.get("/list", {"limit": "2", "q": "a b"})
    second = await service.get(site.url("/api/list?page=2"))

    assert first.data + second.data == [1, 2, 3]


async def test_credentials_are_not_sent_to_another_origin(service: Endpoint, site: Site) -> None:
    async with Site.open() as other:
        with pytest.raises(Discard) as caught:
            await service.get(other.url("/api/list"))

    assert caught.value.code == "address_refused"
    assert other.connections == site.connections == 0


async def test_no_body_is_no_data(service: Endpoint, site: Site) -> None:
    site.pages["/api/x"] = response(status="204 No Content")

    assert (await service.get("/x")).data is None


async def test_a_compressed_answer_is_unpacked(service: Endpoint, site: Site) -> None:
    site.pages["/api/x"] = response(gzip.compress(b'{"a": 1}'), content_encoding="gzip")

    assert (await service.get("/x")).data == {"a": 1}


@pytest.mark.parametrize("status", ["429 Slow", "503 Busy"])
async def test_an_overloaded_service_says_when_to_come_again(
    service: Endpoint, site: Site, status: str
) -> None:
    site.pages["/api/x"] = answer({"error": "Too many requests"}, status, retry_after="17")

    with pytest.raises(ProviderError, match=f"{status[:3]}: Too many requests") as caught:
        await service.get("/x")

    assert caught.value.after == timedelta(seconds=17)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad", "504 Late", "408 Late", "425 Early"])
async def test_an_error_that_may_pass_is_worth_another_attempt(
    service: Endpoint, site: Site, status: str
) -> None:
    site.pages["/api/x"] = response(b"<h1>Bad gateway</h1>", status)

    with pytest.raises(ProviderError, match=status[:3]) as caught:
        await service.get("/x")

    assert (caught.value.code, caught.value.after) == ("provider_error", None)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 Bad", "refused"), ("401 No", "unauthorized"), ("403 No", "unauthorized"),
        ("404 No", "refused"), ("409 Conflict", "refused"), ("422 No", "refused"),
        ("301 Moved", "refused"), ("302 Found", "refused"),
    ],
)  # fmt: skip
async def test_an_error_that_stays_is_final_and_tells_its_status(
    service: Endpoint, site: Site, status: str, code: str
) -> None:
    said = {"error": "invalid_grant", "error_description": "It was used."}
    site.pages["/api/x"] = answer(said, status, location=site.url("/api/y"))

    with pytest.raises(Refused, match=r"It was used\.") as caught:
        await service.get("/x")

    refused = caught.value
    assert (refused.code, refused.status, refused.data) == (code, int(status[:3]), said)
    assert site.paths == ["/api/x"]


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 9_000])
async def test_an_answer_that_is_no_json_is_garbage(
    service: Endpoint, site: Site, body: bytes
) -> None:
    site.pages["/api/x"] = response(body)

    with pytest.raises(Garbage) as caught:
        await service.get("/x")

    assert caught.value.code == "garbage"


async def test_an_answer_that_breaks_off_is_worth_another_attempt(
    service: Endpoint, site: Site
) -> None:
    site.pages["/api/x"] = response(b'{"a": 1', length=100)

    with pytest.raises(ProviderError, match="reached"):
        await service.get("/x")


async def test_an_answer_without_end_is_refused(service: Endpoint, site: Site) -> None:
    site.pages["/api/x"] = response(b'"' + b"x" * 10_000 + b'"')

    with pytest.raises(Discard) as caught:
        await service.get("/x")

    assert caught.value.code == "answer_too_large"


async def test_a_service_that_is_slow_is_given_up_in_time(api: Api, site: Site) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await reader.read()

    site.pages["/x"] = hang
    slow = api.at(site.url(), trusted=True, timeout_seconds=0.2)

    with pytest.raises(ProviderError, match="in time"):
        await slow.get("/x")


async def test_a_user_may_not_name_a_private_service(api: Api, site: Site) -> None:
    with pytest.raises(Discard) as by_port:
        api.at(site.url())
    async with Api(settings_for()) as other:
        rebound = other.at("http://169.254.169.254/latest")
        with pytest.raises(Discard) as by_address:
            await rebound.get("/meta-data")

    assert by_port.value.code == by_address.value.code == "address_refused"
    assert site.connections == 0


async def test_a_private_service_may_be_allowed_by_the_operator(site: Site) -> None:
    site.pages["/x"] = answer(1)

    async with Api(settings_for(site)) as api:
        assert (await api.at(site.url()).get("/x")).data == 1


async def test_a_secret_that_the_service_repeats_is_not_told(api: Api, site: Site) -> None:
    site.pages["/x"] = answer({"error": {"message": f"Bad key {TOKEN} for {'p' * 8}"}}, "401 No")
    basic = base64.b64encode(b"id:secret").decode()
    service = api.at(site.url(), headers={"X-Api-Key": TOKEN}, secrets=["p" * 8], trusted=True)

    with pytest.raises(Refused) as caught:
        await service.call("GET", "/x", headers={"Authorization": f"Basic {basic}"})

    assert str(caught.value).endswith("answered 401: Bad key ••• for •••")
    assert TOKEN not in repr(service) + repr(as_json({"token": TOKEN}))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"title": "T", "detail": "D"}, "D"), ({"error": "E"}, "E"), ({"message": "M\n m"}, "M m"),
        ({"error": {"code": 3, "message": "M"}}, "M"), ({"errors": [{"message": "F"}]}, "F"),
        ("words", "words"), ([], ""), ({"error": 5}, ""), ({"detail": "x" * 999}, "x" * 199 + "…"),
    ],
)  # fmt: skip
async def test_the_service_is_quoted_in_short(
    service: Endpoint, site: Site, data: Any, said: str
) -> None:
    site.pages["/api/x"] = answer(data, "400 Bad")

    with pytest.raises(Refused) as caught:
        await service.get("/x")

    assert str(caught.value) == f"127.0.0.1 answered 400{f': {said}' if said else '.'}"
