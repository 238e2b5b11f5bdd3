"""docs/dashboard.md: its addresses, filters and keys are the page's."""

import re
from pathlib import Path

from service.dashboard import PAGE

GUIDE = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text(encoding="utf-8")


def source(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def pages(field: str) -> list[str]:
    return re.findall(rf'\b{field}: "([^"]+)"', source("pages.js"))


def section(title: str) -> str:
    return GUIDE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_page_stands_in_the_guide_under_its_name() -> None:
    rows = dict(
        re.findall(r"^\| `#/(\w*)` \| ([^,|(]+?)[ ,(|]*(?:\(.*|and .*)?\|$", GUIDE, re.MULTILINE)
    )
    named = dict(zip(pages("name"), pages("title"), strict=True))
    named[""] = named.pop("jobs")

    assert rows == named


def test_the_filters_are_those_of_the_list() -> None:
    table = section("Addresses").rpartition("| filter |")[2]
    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", table, re.MULTILINE)))
    [known] = re.findall(r"const NAMES = .*?\(\[(.*?)\]\);", source("filters.js"), re.DOTALL)

    assert told == re.findall(r'"(\w+)"', known)


def test_the_keys_are_those_that_are_listened_to() -> None:
    told = set(
        re.findall(
            r"`([^`]+)`", "".join(re.findall(r"^\|([^|]+)\|", section("Keys"), re.MULTILINE))
        )
    )
    calls = "".join(source(name) for name in ("shortcuts.js", "list.js", "main.js"))
    known = set(re.findall(r'\bshortcut\(\s*"([^"]+)"', calls)) | {
        f"g {key}" for key in pages("key")
    }

    assert told == (known - {"Escape"}) | {"Esc"}
