"""The documentation as it is sent: safe, kept by browsers, and a page where there is none."""

import gzip
import re

import httpx2

from service.handbook import folder

PAGES = ["/docs", "/docs/tutorial", "/docs/http", "/docs/http/jobs", "/docs/realtime-reference"]
INLINE = re.compile(r"<style|<script(?! type=\"module\" src=)|\son\w+=|\sstyle=")
NOWHERE = [
    "/docs/..%2fREADME",
    "/docs/%2e%2e%2fapp",
    "/docs/..%2fjobs%2fsettings.py",
    "/docs/files/..%2f..%2fpyproject.toml",
    "/docs/files/%2e%2e/README.md",
    "/docs/files/samples",
    "/docs/files/samples/site/index.html",
    "/docs/page/../files.py",
    "/docs/<script>alert(1)</script>",
    "/docs/%00",
    f"/docs/{'a' * 5000}",
    f"/docs/{'a' * 300}.md",
    "/docs/http/%00",
    "/docs/files/%00.svg",
    f"/docs/files/{'a' * 5000}.svg",
    "/docs/page/%00.js",
]
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


async def test_a_page_runs_nothing_but_its_own_files(client: httpx2.AsyncClient) -> None:
    for path in PAGES:
        page = await client.get(path)

        assert page.status_code == httpx2.codes.OK
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert (
            "default-src 'none'; script-src 'self'; style-src 'self'"
            in (page.headers["content-security-policy"])
        )
        assert not INLINE.search(page.text)


async def test_every_page_is_there_and_names_its_neighbours(client: httpx2.AsyncClient) -> None:
    for name in folder.names():
        page = await client.get("/docs" if name == "index" else f"/docs/{name}")

        assert page.status_code == httpx2.codes.OK, name
        assert page.text.count('aria-current="page"') == 1, name
        assert re.search(r'rel="(prev|next)"', page.text), name


async def test_what_a_page_is_drawn_with_is_there(client: httpx2.AsyncClient) -> None:
    page = await client.get("/docs/write-a-kind")

    for part in re.findall(r'(?:href|src)="(/docs/page/[^"]+|/dashboard/[^"]+)"', page.text):
        assert (await client.get(part)).status_code == httpx2.codes.OK, part


async def test_a_browser_that_has_the_page_is_told_so(client: httpx2.AsyncClient) -> None:
    first = await client.get("/docs/limits")

    again = await client.get(
        "/docs/limits", headers={"If-None-Match": f"W/{first.headers['etag']}"}
    )

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_page_comes_packed_to_who_can_unpack(client: httpx2.AsyncClient) -> None:
    plain = await client.get("/docs/scale", headers={"Accept-Encoding": "identity"})

    async with client.stream("GET", "/docs/scale", headers={"Accept-Encoding": "gzip"}) as packed:
        sent = b"".join([piece async for piece in packed.aiter_raw()])

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 2
    assert "Accept-Encoding" in plain.headers["vary"]


async def test_a_page_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(
    client: httpx2.AsyncClient,
) -> None:
    shown = await client.get("/docs/skedules", headers=BROWSER)
    told = await client.get("/docs/skedules")
    resource = await client.get("/docs/http/nothing", headers=BROWSER)

    assert (shown.status_code, told.status_code, resource.status_code) == (404, 404, 404)
    assert 'href="/docs/schedules"' in shown.text
    assert "There is no such page" in resource.text
    assert told.json()["code"] == "not_found"


async def test_nothing_else_of_the_machine_can_be_read(client: httpx2.AsyncClient) -> None:
    for path in NOWHERE:
        answer = await client.get(path, headers=BROWSER)

        assert answer.status_code == httpx2.codes.NOT_FOUND, path
        assert "<script>alert" not in answer.text


async def test_a_page_can_be_read_as_markdown_generated_parts_and_all(
    client: httpx2.AsyncClient,
) -> None:
    limits = await client.get("/docs/limits.md")
    problems = await client.get("/docs/problems.md")

    assert limits.headers["content-type"] == "text/markdown; charset=utf-8"
    assert limits.text == folder.read("limits")
    assert "### idempotency_mismatch" in problems.text


async def test_pictures_and_samples_can_do_nothing(client: httpx2.AsyncClient) -> None:
    picture = await client.get("/docs/files/bench.svg")
    sample = await client.get("/docs/files/samples/course-outline.csv")

    assert picture.headers["content-type"] == "image/svg+xml"
    assert sample.headers["content-type"] == "text/plain; charset=utf-8"
    for answer in (picture, sample):
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_search_looks_through_every_part_of_every_page(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/docs/search.json")

    pages = {address: (title, parts) for title, parts, address in answer.json()}
    assert {f"/docs/{name}" for name in folder.names() if name != "index"} < set(pages)
    assert "/docs/http/jobs" in pages
    anchors = [anchor for anchor, _, _ in pages["/docs/limits"][1]]
    assert anchors[:2] == ["limits-order-and-repeats", "the-same-request-again"]
    assert "idempotency_mismatch" in [anchor for anchor, _, _ in pages["/docs/problems"][1]]
