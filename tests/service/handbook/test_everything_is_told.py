"""Every kind, event, route and close code has a page that says what it is."""

import re
from pathlib import Path

from jobs.processors import PROCESSORS
from realtime.close_codes import CLOSE_CODES
from service.asyncapi import asyncapi
from service.routes import TABLE

DOCS = Path(__file__).parents[3] / "docs"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
ALL = "\n".join(TEXTS.values())
BY_HAND = {path for _, path, _ in TABLE if path.startswith("/api/")}


def test_every_kind_has_its_row_and_its_page() -> None:
    rows = dict(re.findall(r"^\| \[`(\w+)`\]\(([\w-]*)", TEXTS["kinds"], re.MULTILINE))

    for kind in (each.name for each in PROCESSORS):
        assert kind in rows
        assert f"`{kind}`" in TEXTS[rows[kind] or "kinds"]


def test_every_resource_is_explained_besides_the_generated_reference() -> None:
    resources = {path.split("/")[2] for path in BY_HAND}

    assert {resource for resource in resources if f"/api/{resource}" not in ALL} == set()


def test_every_close_code_is_told_in_the_protocol() -> None:
    assert [c.number for c in CLOSE_CODES if str(c.number) not in TEXTS["realtime"]] == []


def test_every_event_is_told_in_the_protocol() -> None:
    schemas = asyncapi()["components"]["schemas"]
    events = set(re.findall(r"'((?:job|batch|inbox)\.[a-z_]+)'", repr(schemas)))

    assert len(events) > 15
    assert {event for event in events if f"`{event}`" not in TEXTS["realtime"]} == set()
