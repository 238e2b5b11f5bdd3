"""What platforms are told and what is made of their answers, without a network."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from jobs.errors import Garbage
from jobs.providers.answers import rate_limit_reset
from jobs.providers.platforms import Attachment, PostRef
from jobs.providers.platforms.mastodon import reaches_on
from jobs.providers.platforms.multipart import as_multipart
from jobs.providers.platforms.platform import link
from jobs.providers.platforms.statuses import next_page, status_of, statuses_of
from service.dev.sandbox.mastodon_posts import shown

AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
STATUS = {
    "id": "7",
    "created_at": "2026-11-25T09:00:00.000Z",
    "url": "https://a.example/7",
    "content": "",
}


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "One\nline\n\nand a #paragraph & <tags> 'quoted' \"twice\"",
        "See https://garden.example/a/very/long/path/indeed?with=query&more=1#end now",
        "  spaces   around\t",
        "ümläut 🌱 日本語",
    ],
)
def test_a_status_is_known_by_its_text(text: str) -> None:
    status = status_of({**STATUS, "content": shown(text)})

    assert status.says(text)
    assert not status.says(f"{text}!")


def test_a_mention_loses_its_host() -> None:
    mention = '<p><span class="h-card"><a href="https://b.example/@ann">@<span>ann</span></a></span> hi</p>'

    assert status_of({**STATUS, "content": mention}).says("@ann@b.example hi")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        {**STATUS, "id": None},
        {**STATUS, "id": "../x"},
        {**STATUS, "created_at": "yesterday"},
        {**STATUS, "created_at": None},
        {**STATUS, "favourites_count": "many"},
        {"id": "7"},
    ],
    ids=str,
)
def test_what_is_no_status_is_garbage(data: Any) -> None:
    with pytest.raises(Garbage):
        status_of(data)
    with pytest.raises(Garbage):
        statuses_of({"data": data})


def test_only_what_may_be_a_link_is_kept() -> None:
    script, long = "javascript:alert(1)", f"https://a.example/{'x' * 2_000}"

    assert status_of({**STATUS, "url": script}).url is None
    assert [link(url) for url in (script, long, None, 7, "https://a.example/\n")] == [None] * 5
    assert link("https://a.example/7") == "https://a.example/7"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (
            '<https://a.example/p?max_id=3&limit=40>; rel="next"',
            "https://a.example/p?max_id=3&limit=40",
        ),
        ('<https://a/1>; rel="prev", <https://a/2>; rel="next"', "https://a/2"),
        ('<https://a/2>; rel=next, <https://a/1>; rel="prev"', "https://a/2"),
        ('<https://a/1>; rel="prev"', None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_read_from_link(header: str, wanted: str | None) -> None:
    assert next_page(httpx2.Headers({"Link": header})) == wanted
    assert next_page(httpx2.Headers()) is None


def test_pages_are_read_as_far_as_they_may_hold_a_post_of_ours() -> None:
    page = [status_of({**STATUS, "id": str(n)}) for n in (7, 8)]
    older, newer = AT - timedelta(days=1), AT + timedelta(days=1)

    assert reaches_on(page, [PostRef("7", AT), PostRef("1", older)])
    assert not reaches_on(page, [PostRef("7", AT)])
    assert not reaches_on(page, [PostRef("9", newer)])
    assert not reaches_on([], [PostRef("1", older)])


def test_a_file_cannot_break_out_of_its_form() -> None:
    file = Attachment('a"\r\nX: y.png', "image/png\r\nX: y", "alt", b"--\r\n\x00")

    form = as_multipart("file", file, {"description": "A gate", "focus": ""})

    boundary = form.media_type.partition("boundary=")[2]
    head, _, rest = form.content.partition(b'name="file"')
    assert form.content.startswith(f"--{boundary}\r\n".encode())
    assert form.content.endswith(f"\r\n--{boundary}--\r\n".encode())
    assert b'name="description"\r\n\r\nA gate\r\n' in head
    assert (
        b'; filename="a%22%0D%0AX: y.png"\r\nContent-Type: image/pngX: y\r\n\r\n--\r\n\x00' in rest
    )
    assert b"focus" not in form.content
    assert "PNG" not in repr(file)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("+90", 90),
        ("-5", 0),
        ("+86400", 3_600),
        ("epoch", 90),
        ("soon", None),
        ("", None),
        ("2026-11-29T05:00:00", None),
        ("9" * 40, None),
    ],
)
def test_the_end_of_a_rates_window(told: str, wanted: float | None) -> None:
    now = datetime.now(UTC)
    value = told
    if told[:1] in {"+", "-"}:
        value = (now + timedelta(seconds=int(told))).isoformat().replace("+00:00", "Z")
    elif told == "epoch":
        value = str(int(now.timestamp()) + 90)

    wait = rate_limit_reset(httpx2.Headers({"X-RateLimit-Reset": value}))

    assert (wait is None) == (wanted is None)
    if wait is not None and wanted is not None:
        assert wait.total_seconds() == pytest.approx(wanted, abs=2)
