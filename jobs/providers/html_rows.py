"""The part of ``documents`` that stands on lxml; loaded by the child that reads an HTML file."""

from collections.abc import Iterator

from lxml import html as lxml_html
from lxml.etree import Comment, LxmlError, strip_elements

from jobs.errors import Discard
from jobs.providers.text import Page, Row, tidy

BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "tr", "td", "th", "div", "pre"}
    | {"caption", "blockquote"}
)
SKIPPED = frozenset({"script", "style", "noscript", "template", "nav", "svg", "head"})


def read_rows(source: str) -> tuple[str, list[Page]]:
    """Return a page's title and its rows. Raises Discard when it cannot be read."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        tree = lxml_html.document_fromstring(source.encode(), parser=parser)
    except (LxmlError, ValueError) as error:
        raise Discard("The HTML cannot be read.", code="unreadable") from error
    title = tidy(tree.findtext(".//title") or tree.findtext(".//h1") or "")
    strip_elements(tree, Comment, *SKIPPED, with_tail=False)
    return title, [[row for row in rows_of(tree) if any(row)]]


def rows_of(tree: lxml_html.HtmlElement) -> Iterator[Row]:
    """Yield the text of each block that holds no other block; table rows cell by cell."""
    for line_break in tree.iter("br"):
        line_break.tail = f"\n\n{line_break.tail or ''}"
    stack: list[lxml_html.HtmlElement | str] = [tree]
    while stack:
        element = stack.pop()
        if isinstance(element, str):
            yield [tidy(element)]
        elif element.tag == "tr":
            yield [tidy(cell.text_content()) for cell in element if cell.tag in {"td", "th"}]
        elif isinstance(element.tag, str):
            stack.extend(reversed(parts(element)))


def parts(element: lxml_html.HtmlElement) -> list[lxml_html.HtmlElement | str]:
    """Return a block's lines, or, when it holds other blocks, those and the text between them."""
    if not any(child.tag in BLOCKS for child in element.iter() if child is not element):
        return list(element.text_content().split("\n" if element.tag == "pre" else "\n\n"))
    between = [element.text or ""]
    for child in element:
        between += [child, child.tail or ""]
    return between
