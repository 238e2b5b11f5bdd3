"""A build's log read while it grows, from a server that knows ranges and one that does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from jobs.errors import Discard, ProviderError
from jobs.providers.build_log import BuildLog, LogLine
from jobs.providers.transport import GuardedTransport
from tests.jobs.providers.site import Site, response, settings_for

LINES = b'{"msg": "one", "phase": "PREPARE"}\n{"msg": "two", "phase": "COMPILE", "level": 30}\n'


@pytest.fixture
async def log(site: Site) -> AsyncIterator[BuildLog]:
    transport = GuardedTransport()
    yield BuildLog(transport, settings_for(site, expo_token=SecretStr("s3cr3t-token")))
    await transport.aclose()


def grow(site: Site, path: str, content: bytes, *, ranges: bool = True) -> str:
    """Serve ``content`` at a path, from where the request says."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = site.headers(path).get("range", "bytes=0-").removeprefix("bytes=").rstrip("-")
        first = int(asked) if ranges else 0
        if first >= len(content) and ranges:
            writer.write(response(b"", "416 Range Not Satisfiable"))
        else:
            status = "206 Partial Content" if ranges else "200 OK"
            writer.write(response(content[first:], status))
        await writer.drain()

    site.pages[path] = answer
    return site.url(path)


async def test_lines_have_their_phase(site: Site, log: BuildLog) -> None:
    url = grow(site, "/log", LINES)

    assert await log.more([url]) == [LogLine("one", "PREPARE"), LogLine("two", "COMPILE")]


@pytest.mark.parametrize("ranges", [True, False])
async def test_only_what_is_new_is_told_and_half_a_line_waits(
    site: Site, log: BuildLog, ranges: bool
) -> None:
    first = await log.more([grow(site, "/log", LINES[:50], ranges=ranges)])
    second = await log.more([grow(site, "/log", LINES, ranges=ranges)])
    third = await log.more([grow(site, "/log", LINES, ranges=ranges)])

    assert [[line.text for line in told] for told in (first, second, third)] == [
        ["one"],
        ["two"],
        [],
    ]


async def test_files_follow_each_other(site: Site, log: BuildLog) -> None:
    one = grow(site, "/1", b"a\nb\n")
    first = await log.more([one])
    two = grow(site, "/2", b"c\n")
    second = await log.more([one, two])

    assert [line.text for line in (*first, *second)] == ["a", "b", "c"]


async def test_plain_text_and_odd_json_are_lines_too(site: Site, log: BuildLog) -> None:
    url = grow(site, "/log", b'plain\n[1]\n"text"\n{"phase": "X"}\n\xff\xfe\n\n')

    assert [line.text for line in await log.more([url])] == [
        "plain",
        "[1]",
        '"text"',
        "\ufffd\ufffd",
    ]


async def test_the_token_does_not_show(site: Site, log: BuildLog) -> None:
    url = grow(site, "/log", b'{"msg": "with \\u001b[31ms3cr3t-token\\u001b[0m\\nand more"}\n')

    assert [line.text for line in await log.more([url])] == ["with *** and more"]


async def test_a_log_that_is_not_there_yet_is_empty(site: Site, log: BuildLog) -> None:
    assert await log.more([]) == []
    assert await log.more([site.url("/later")]) == []


async def test_a_server_in_trouble_is_an_error(site: Site, log: BuildLog) -> None:
    site.pages["/log"] = response(b"", "503 Service Unavailable")

    with pytest.raises(ProviderError, match="503"):
        await log.more([site.url("/log")])


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "file:///etc/passwd", "http://10.0.0.1/log"]
)
async def test_a_log_address_may_not_lead_inside(log: BuildLog, url: str) -> None:
    with pytest.raises(Discard):
        await log.more([url])
