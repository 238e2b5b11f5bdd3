"""Where the pages are found, and in which order they are read."""

from pathlib import Path

import pytest

from service.handbook import folder
from service.handbook.contents import contents, neighbours

INDEX = """# Everything

## Learn

- [First](one.md): the first one.
- [Not there](gone.md)

## Run

* [Second](two.md)
"""


def test_an_installed_package_brings_its_pages_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.md").write_text("# One\n", encoding="utf-8")
    monkeypatch.setattr(folder, "INSTALLED", tmp_path)

    assert folder.names() == ["one"]
    assert folder.read("one") == "# One\n"
    assert folder.read("two") is None


def test_without_any_folder_there_are_no_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "CHECKED_OUT", tmp_path / "nowhere")

    assert folder.names() == []
    assert folder.read("index") is None


def test_the_index_is_the_order_and_what_it_forgot_comes_last() -> None:
    sections = contents(INDEX, ["index", "one", "two", "brand-new"])

    assert [(s.title, [e.title for e in s.entries]) for s in sections] == [
        ("Start", ["Overview"]),
        ("Learn", ["First"]),
        ("Run", ["Second"]),
        ("More", ["Brand new"]),
    ]


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("index", (None, "one")),
        ("one", ("index", "two")),
        ("two", ("one", None)),
        ("elsewhere", (None, None)),
    ],
)
def test_neighbours_cross_the_sections(name: str, around: tuple[str | None, str | None]) -> None:
    sections = contents(INDEX, ["index", "one", "two"])

    before, after = neighbours(sections, name)

    assert (before and before.name, after and after.name) == around
