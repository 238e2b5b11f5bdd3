import os
import re
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from service.dashboard import CONTENT_SECURITY_POLICY, PAGE, routes
from service.dashboard.assets import version


@pytest.fixture
def client() -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=Starlette(routes=routes()))
    return httpx2.AsyncClient(transport=transport, base_url="http://jobcast.test")


async def test_the_page_and_its_files_forbid_what_they_do_not_need(
    client: httpx2.AsyncClient,
) -> None:
    for path in ("/", "/dashboard/main.js", "/dashboard/base.css", "/client/jobcast.js"):
        answer = await client.get(path)

        assert answer.status_code == 200, path
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"


async def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    page = (PAGE / "index.html").read_text(encoding="utf-8")

    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


async def test_files_have_their_types(client: httpx2.AsyncClient) -> None:
    types = {
        "/": "text/html; charset=utf-8",
        "/dashboard/main.js": "text/javascript; charset=utf-8",
        "/client/jobcast.js": "text/javascript; charset=utf-8",
        "/dashboard/base.css": "text/css; charset=utf-8",
        "/dashboard/icon.svg": "image/svg+xml",
    }

    seen = {path: (await client.get(path)).headers["content-type"] for path in types}

    assert seen == types


async def test_a_file_the_browser_has_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get("/client/jobcast.js")

    second = await client.get(
        "/client/jobcast.js", headers={"If-None-Match": first.headers["etag"]}
    )

    assert (second.status_code, second.content) == (304, b"")


async def test_the_page_names_its_files_by_what_is_in_them_so_that_none_is_asked_for_twice(
    client: httpx2.AsyncClient,
) -> None:
    page = await client.get("/")
    [main] = re.findall(r'src="(/dashboard/[0-9a-f]{16}/main\.js)"', page.text)

    first = await client.get(main)
    same = await client.get("/dashboard/main.js")
    other = await client.get(main.replace(main.split("/")[2], "0123456789abcdef"))

    assert first.content == same.content == other.content
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert other.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["etag"] == same.headers["etag"]
    again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in set(re.findall(r'"(/dashboard/[^"]+)"', page.text)):
        assert (await client.get(path)).status_code == 200, path


async def test_another_content_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    before = version(tmp_path)
    os.utime(tmp_path / "a.js", (1, 1))
    assert version(tmp_path) == before

    (tmp_path / "a.js").write_text("12")

    assert version(tmp_path) != before


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/0123456789abcdef/%2e%2e/__init__.py",
        "/dashboard/0123456789abcdef/../../settings.js",
        "/dashboard/0123456789abcdef/0123456789abcdef/main.js",
        "/dashboard/",
        "/dashboard/index.html",
        "/dashboard/__init__.py",
        "/dashboard/%2e%2e/__init__.py",
        "/client/%2e%2e/settings.py",
        "/client/..%2f..%2fpyproject.toml",
        "/client/missing.js",
        "/client/a%00.js",
    ],
)
async def test_nothing_but_the_pages_own_files_can_be_read(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404


TAKEN = re.compile(r'^(?:import|export) [^;]*?from "\./(\w+\.js)";', re.MULTILINE)


OPENED = re.compile(r'\bimport\("\./(\w+\.js)"\)')
STYLES = re.compile(r'styles: "(\w+\.css)"')


def source(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def needed(name: str, known: set[str]) -> set[str]:
    """Return a module and all that it needs at once, without what is loaded when it is opened."""
    known.add(name)
    for other in TAKEN.findall(source(name)):
        if other not in known:
            needed(other, known)
    return known


async def test_what_is_seen_first_is_announced_so_that_no_module_waits_for_another() -> None:
    announced = set(re.findall(r'modulepreload" href="(/\w+/\w+\.js)"', source("index.html")))

    client = {f"/client/{name}.js" for name in ("jobcast", "family", "emitter")}
    first = needed("main.js", set()) - {"main.js"}
    assert announced == client | {f"/dashboard/{name}" for name in first}


async def test_every_module_is_needed_at_once_or_by_a_page_that_is_opened() -> None:
    known = needed("main.js", set())
    opened = OPENED.findall(source("pages.js"))
    for name in opened:
        needed(name, known)
    plain = set(re.findall(r'<script src="/dashboard/(\w+\.js)"', source("index.html")))

    assert len(opened) >= 10
    assert {path.name for path in PAGE.glob("*.js")} == known | plain


async def test_every_style_sheet_is_linked_or_comes_with_its_page() -> None:
    linked = re.findall(r'stylesheet" href="/dashboard/(\w+\.css)"', source("index.html"))
    own = STYLES.findall(source("pages.js"))
    taken = [
        name for sheet in own for name in re.findall(r'@import url\("(\w+\.css)"', source(sheet))
    ]

    assert {path.name for path in PAGE.glob("*.css")} == {*linked, *own, *taken}
