"""What strangers write cannot format, link or show a picture in somebody's brief."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jobs.briefing.markdown import inline, several

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ALLOWED = ["bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close",
           "list_item_close", "bullet_list_close"]  # fmt: skip


def formats(text: str) -> list[str]:
    """Return what a list's line with ``text`` is, beside being a line of a list."""
    found = MARKDOWN.parse(f"- {text}")
    inner = [child.type for token in found for child in token.children or ()]
    return [t.type for t in found if t.type not in ALLOWED] + [t for t in inner if t != "text"]


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://tracker.example/pixel.png)", "[click](javascript:alert(1))", "<b>bold</b>",
        "<https://a.example>", "<script>", "*a* **b** _c_ __d__", "`code`", "~~gone~~", "# heading",
        "- list", "+ list", "1. list", "12) list", "> quote", "---", "===", "&copy; &#120; &amp;",
        "a | b", "\\*a\\*", "[ref]: https://a.example", "snake_case_name", "a\n# b", "a\n\n- b",
        "* * *", "_a_b_", "[x][y]", "\t code", "=", "-", "1.", "***", "a\u2028b", "\\",
    ],
)  # fmt: skip
def test_nothing_in_a_line_formats(text: str) -> None:
    assert formats(inline(text, 300)) == []


@given(st.text(alphabet="ab1 *_[]()<>!#-+.`~\\|&;:=\n/", max_size=40))
def test_nothing_formats_whatever_is_written(text: str) -> None:
    escaped = inline(text, 300)

    assert formats(escaped) == []


@pytest.mark.parametrize(
    "text", ["Call my_mum", "3 > 2 & more", "50 % (half)", "What?! – yes", "a.b"]
)
def test_words_read_as_they_were_written(text: str) -> None:
    shown = MARKDOWN.parseInline(inline(text, 300))[0].children or []

    assert "".join(token.content for token in shown) == text


def test_a_line_is_one_line_and_no_longer_than_it_may_be() -> None:
    assert inline("a\r\n b\tc\x00\ud800", 10) == "a b c"
    assert inline("abcdef", 6) == "abcdef"
    assert inline("abcd efg", 6) == "abcd…"


def test_a_long_list_says_how_much_more_there_is() -> None:
    assert several(["a", "b"], 2) == ["- a", "- b"]
    assert several(["a", "b", "c", "d"], 2) == ["- a", "- b", "- and 2 more"]
    assert several([], 2) == []
