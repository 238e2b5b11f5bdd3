"""Where fetching never goes: what is refused costs no connection, at the start or later."""

import pytest

from jobs.providers.web import Web
from tests.jobs.providers.site import PAGE, Site, refused, response, settings_for

HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://0:{port}/",
    "http://127.0.0.1/",
    "http://localhost/",
    "http://[::1]/",
    "http://0/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://127.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[::127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://web.process.app.internal/",
    "http://[fdaa::3]/",
    "http://224.0.0.1/",
    "http://user@127.0.0.1/",
    "http://user:secret@example.com/",
    "http://a\\@b/",
    "http://example.com/\r\nHost: evil",
    "http://example.com/a b",
    "http://example.com:22/",
    "http://example.com:6379/",
    "http://example.com:99999/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "http://",
    "http:///path",
    "",
    "http://" + "a" * 3_000,
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_forbidden_place_is_refused_without_a_connection(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Site.open() as listener, Web(settings_for()) as web:
        monkeypatch.setattr("jobs.providers.transport.PORTS", frozenset({80, listener.port}))
        code = await refused(web, url.format(port=listener.port))

    assert code in {"bad_url", "address_refused"}
    assert listener.connections == 0


async def test_a_host_that_is_allowed_opens_no_other_port(site: Site) -> None:
    async with Site.open() as other, Web(settings_for(site)) as web:
        assert await refused(web, other.url("/")) == "address_refused"

    assert other.connections == 0


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
async def test_one_private_answer_among_all_is_enough_to_refuse(answers: list[str]) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return answers

    async with Web(settings_for(), resolver) as web:
        assert await refused(web, "http://rebind.example.com/") == "address_refused"


async def test_a_second_dns_answer_changes_nothing() -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with Site.open(page=PAGE) as site:
        private = f"rebind.example.com:{site.port}"
        async with Web(settings_for(web_allow_private=private), rebinding) as web:
            page = await web.get(f"http://{private}/page")

    assert page.body
    assert site.headers("/page")["host"] == private
    assert len(asked) == site.connections == len(["robots.txt", "page"])


async def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with Site.open(page=PAGE) as site:
        private = f"two.example.com:{site.port}"
        async with Web(settings_for(web_allow_private=private), resolver) as web:
            page = await web.get(f"http://{private}/page")

    assert page.body == b"<p>hello</p>"


@pytest.mark.parametrize(
    "place",
    ["http://169.254.169.254/", "file:///etc/passwd", "http://[::1]/", "http://u:p@x.com/", "//0/"],
)
async def test_a_redirect_is_checked_like_the_first_url(web: Web, site: Site, place: str) -> None:
    site.pages["/old"] = response(status="302 Found", location=place)

    assert await refused(web, site.url("/old")) in {"bad_url", "address_refused"}


async def test_cookies_of_a_site_are_never_sent_back(web: Web, site: Site) -> None:
    site.pages["/set"] = response(status="302 Found", location="/page", set_cookie="id=1; Path=/")

    await web.get(site.url("/set"))

    assert "cookie" not in site.headers("/page")


async def test_robots_txt_cannot_lead_to_a_private_address(web: Web, site: Site) -> None:
    site.pages["/robots.txt"] = response(status="302 F", location="http://169.254.169.254/")

    assert await refused(web, site.url("/page")) == "address_refused"
