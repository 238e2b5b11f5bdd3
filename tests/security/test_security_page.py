"""SECURITY.md promises what tests show, and names what there is."""

import re
from pathlib import Path

from service.routes import TABLE
from service.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
LINK = re.compile(r"\]\(([^)#]+)\)")
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<shown>\[tests/[^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ENV)(?:=[^`]*)?`")
SETTINGS = {name.upper() for name in ServiceSettings.model_fields}


def test_every_promise_is_shown_by_tests_that_there_are() -> None:
    rows = list(ROW.finditer(PAGE))

    assert len(rows) >= 15
    for row in rows:
        shown = LINK.findall(row["shown"])
        assert shown, row["promise"]
        for place in shown:
            assert "def test_" in (ROOT / place).read_text(), place


def test_every_class_of_attack_is_promised_to_fail() -> None:
    promised = {place for row in ROW.finditer(PAGE) for place in LINK.findall(row["shown"])}
    classes = {f"tests/security/{f.name}" for f in (ROOT / "tests/security").glob("test_*.py")}

    assert classes - promised == {f"tests/security/{Path(__file__).name}"}


def test_every_link_leads_somewhere() -> None:
    for place in LINK.findall(PAGE):
        assert (ROOT / place).exists(), place


def test_every_setting_and_route_it_names_exists() -> None:
    named = set(NAME.findall(PAGE))
    routes = {(method, path) for method, path, _ in TABLE}

    assert len(named) > 15
    assert named <= SETTINGS
    for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`? ]+)", PAGE):
        assert (method, path) in routes


def test_the_defaults_it_tells_are_those_there_are() -> None:
    fields = ServiceSettings.model_fields

    assert f"{fields['bad_tokens_per_minute'].default} wrong tokens" in PAGE
    assert f"`TRUSTED_PROXIES={fields['trusted_proxies'].default}`" in PAGE
    assert f"good once, for {fields['ticket_seconds'].default} s" in PAGE
