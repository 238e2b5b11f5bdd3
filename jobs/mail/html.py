"""The HTML of a mail, made from the Markdown that is its text. HTML in the Markdown stays text."""

from functools import cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
</head>
<body style="margin:0;background:#fff">
<div style="max-width:40em;margin:0 auto;padding:20px;font:16px/1.5 system-ui,sans-serif;color:#1f2328">
{body}{foot}</div>
</body>
</html>
"""
FOOT = """<p style="margin-top:2em;font-size:13px"><a href="{link}" style="color:#656d76">{words}</a></p>
"""


def as_html(title: str, text: str, link: str | None, words: str) -> str:
    """Return a page of ``text``, and below it ``words`` that lead to ``link``, if there is one."""
    foot = FOOT.format(link=escape(link), words=escape(words)) if link else ""
    return PAGE.format(title=escape(title), body=renderer().render(text), foot=foot)


@cache
def renderer() -> "MarkdownIt":
    """Return what renders Markdown; it takes a megabyte to load, which who sends no mail never pays.

    CommonMark with tables. Line breaks are kept, for what was written as plain text. Images are left out:
    mail programs block them, and they tell their server who has read a mail. Links to anything that runs
    (``javascript:`` and the like) stay text.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return made.enable("table").disable("image")
