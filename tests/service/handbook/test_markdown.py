"""Markdown as it is drawn: nothing inline, anchors as code hosts make them, links that lead somewhere."""

import pytest

from service.handbook.anchors import Anchors
from service.handbook.links import target
from service.handbook.markdown import page_of


def test_html_and_links_that_run_stay_text() -> None:
    html = page_of("# T\n\n<script>x</script> [a](javascript:alert(1)) <b onclick=x>\n").html

    assert "<script" not in html
    assert "<b " not in html
    assert "javascript:" not in html.replace("[a](javascript:alert(1))", "")


def test_columns_are_aligned_by_classes() -> None:
    html = page_of("# T\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n").html

    assert "style=" not in html
    assert '<td class="right">2</td>' in html


def test_code_is_coloured_by_classes_and_unknown_languages_stay_plain() -> None:
    html = page_of("# T\n\n```python\ndef f(): ...\n```\n\n```nonsense\n<a>\n```\n").html

    assert '<span class="nf">f</span>' in html
    assert "&lt;a&gt;" in html


def test_an_indented_command_is_coloured_as_a_shell_s() -> None:
    html = page_of('# T\n\n    curl -s "$A"\n\ntext\n\n    a ──▶ b\n').html

    assert 'data-language="sh"' in html
    assert "a ──▶ b" in html


def test_headings_become_contents_with_anchors() -> None:
    page = page_of("# T `x`\n\n## What `kind_of` is\n\n### One, two!\n\n## What `kind_of` is\n")

    assert page.title == "T x"
    assert [(h.level, h.anchor) for h in page.headings] == [
        (2, "what-kind_of-is"),
        (3, "one-two"),
        (2, "what-kind_of-is-1"),
    ]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("To 10,000 jobs/s and 1,000,000 sockets", "to-10000-jobss-and-1000000-sockets"),
        ("What Twilio's codes mean", "what-twilios-codes-mean"),
        ("Straße, über", "straße-über"),
        ("a -- b", "a----b"),
    ],
)
def test_anchors_are_those_of_code_hosts(heading: str, anchor: str) -> None:
    assert Anchors().name(heading) == anchor


@pytest.mark.parametrize(
    ("href", "led_to"),
    [
        ("limits.md", "/docs/limits"),
        ("./limits.md#order", "/docs/limits#order"),
        ("index.md", "/docs"),
        ("#here", "#here"),
        ("bench.svg", "/docs/files/bench.svg"),
        ("pictures/live.webp", "/docs/files/pictures/live.webp"),
        ("https://example.com/a.md", "https://example.com/a.md"),
        ("/openapi.json", "/openapi.json"),
        ("../Procfile", None),
        ("samples/../../x.md", None),
    ],
)
def test_links_lead_where_the_page_is_read(href: str, led_to: str | None) -> None:
    assert target(href) == led_to
