"""Feeds as the world writes them: each sample is read, and every field compared with what is expected."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import Discard
from jobs.providers.feed import MAX_ITEMS, Feed
from jobs.providers.feed_documents import read_feed
from jobs.providers.feed_identity import identified

SAMPLES = Path(__file__).parent / "samples" / "feeds"
EXPECTED = {path.stem: json.loads(path.read_text()) for path in SAMPLES.glob("expected/*.json")}
URL = "https://feeds.example/feed.xml"


def shown(feed: Feed) -> dict[str, Any]:
    """Return a feed as its expected result is written down."""
    items = [
        {**asdict(item), "published_at": item.published_at and item.published_at.isoformat()}
        for item in feed.items
    ]
    fresh_for = feed.fresh_for and feed.fresh_for.total_seconds()
    return json.loads(json.dumps({**asdict(feed), "items": items, "fresh_for": fresh_for}))


def sample(name: str) -> Feed:
    expected = EXPECTED[name]
    return read_feed((SAMPLES / name).read_bytes(), expected["charset"], expected["url"])


def test_every_sample_has_an_expected_result() -> None:
    assert {path.name for path in SAMPLES.iterdir() if path.is_file()} == set(EXPECTED)
    assert len(EXPECTED) >= 20


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "feed" in EXPECTED[name]))
def test_a_feed_is_read_field_by_field(name: str) -> None:
    found, expected = shown(sample(name)), EXPECTED[name]["feed"]

    assert len(found["items"]) == len(expected["items"])
    for item, wanted in zip(found.pop("items"), expected["items"], strict=True):
        assert item == wanted
    assert found == {key: value for key, value in expected.items() if key != "items"}


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "error" in EXPECTED[name]))
def test_what_is_no_feed_is_told_in_a_sentence(name: str) -> None:
    with pytest.raises(Discard) as caught:
        sample(name)

    assert EXPECTED[name]["error"] == {"code": caught.value.code, "message": str(caught.value)}


def test_entities_neither_grow_nor_read_files() -> None:
    for name in ("billion-laughs.xml", "external-entity.xml"):
        told = json.dumps(shown(sample(name)))

        assert len(told) < 1_000
        assert "root:" not in told


def test_a_body_that_is_the_name_of_a_file_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes((SAMPLES / "no-items.xml").read_bytes())

    with pytest.raises(Discard):
        read_feed(str(file).encode(), None, URL)


def item(number: int, date: str = "") -> str:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return f'<item><title>T{number}</title><guid isPermaLink="false">{number}</guid>{dated}</item>'


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>Many</title>{items}</channel></rss>'.encode()


def test_of_ten_thousand_items_the_newest_are_kept_wherever_they_stand() -> None:
    dates = [f"{number % 28 + 1} Nov 2026 10:00 GMT" for number in range(10_000)]
    oldest_first = "".join(item(number, date) for number, date in enumerate(dates))

    feed = read_feed(rss(oldest_first), None, URL)

    assert (len(feed.items), feed.left_out) == (MAX_ITEMS, 10_000 - MAX_ITEMS)
    assert {one.published_at.day for one in feed.items if one.published_at} == {26, 27, 28}


def test_of_many_items_without_dates_the_first_are_kept() -> None:
    feed = read_feed(rss("".join(map(item, range(MAX_ITEMS + 5)))), None, URL)

    assert [one.guid for one in feed.items] == [str(number) for number in range(MAX_ITEMS)]
    assert feed.left_out == 5


def test_a_json_feed_of_many_items_is_bounded_too() -> None:
    items = [
        {"id": n, "date_published": f"2026-11-{n % 28 + 1:02}T00:00:00Z"} for n in range(2_000)
    ]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "M", "items": items}

    feed = read_feed(json.dumps(document).encode(), None, URL)

    assert (len(feed.items), feed.left_out) == (MAX_ITEMS, 1_000)
    assert min(one.published_at.day for one in feed.items if one.published_at) == 14


def test_items_that_are_never_closed_are_read_when_the_document_ends() -> None:
    sloppy = "<item><title>One</title><guid>1</guid><item><title>Two</title><guid>2</guid>"

    whole = read_feed(rss(sloppy), None, URL)
    broken_off = read_feed(rss(sloppy)[:-30], None, URL)

    assert ([one.guid for one in whole.items], whole.cut) == (["1", "2"], False)
    assert ([one.guid for one in broken_off.items], broken_off.cut) == ([], True)


def test_half_a_letter_and_a_bare_line_break_do_not_spoil_a_json_feed() -> None:
    items = '[{"id": "1", "title": "Half \\ud83d letter"}, {"id": "2", "title": "Two\nlines"}]'
    document = f'{{"version": "https://jsonfeed.org/version/1.1", "items": {items}}}'

    feed = read_feed(document.encode(), None, URL)

    assert [item.title for item in feed.items] == ["Half letter", "Two lines"]


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"version": 1' + b"0" * 9_000 + b"}", b"[1, 2]"]
)
def test_hostile_json_is_no_feed(body: bytes) -> None:
    with pytest.raises(Discard) as caught:
        read_feed(body, None, URL)

    assert caught.value.code == "not_a_feed"


def test_long_fields_are_cut() -> None:
    long = "<item><title>{0}</title><guid>{0}</guid><link>https://a.example/{0}</link>".format(
        "x" * 9_000
    )
    feed = read_feed(rss(f"{long}<description>{'y ' * 9_000}</description></item>"), None, URL)

    (only,) = feed.items
    assert (len(only.title), len(only.guid), only.url) == (500, 1_000, "")
    assert len(only.summary) == 4_999


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("guid-repeated.xml", 3),
        ("no-guid-no-link.xml", 4),
        ("odd-dates.xml", 19),
        ("rss091-netscape.xml", 2),
    ],
)
def test_items_are_told_apart(name: str, keys: int) -> None:
    found, repeats = identified(sample(name).items, ids_repeat=False)

    assert len(found) == keys
    assert repeats == (name == "guid-repeated.xml")


def test_an_item_without_guid_whose_link_all_share_goes_by_its_words() -> None:
    link = "<link>https://a.example/</link>"
    one, two = (f"<item><title>{title}</title>{link}</item>" for title in ("One", "Two"))

    found, repeats = identified(read_feed(rss(one + two + one), None, URL).items, ids_repeat=False)

    assert [item.title for item in found.values()] == ["One", "Two"]
    assert repeats


def test_a_trusted_item_keeps_its_identity_when_its_words_and_link_change() -> None:
    before = "<item><title>Old</title><guid>g</guid><link>http://a.example/</link></item>"
    after = before.replace("Old", "New").replace("http:", "https:")

    keys = [
        set(identified(read_feed(rss(text), None, URL).items, ids_repeat=False)[0])
        for text in (before, after)
    ]

    assert keys[0] == keys[1]
