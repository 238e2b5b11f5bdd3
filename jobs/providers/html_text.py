"""The words of a piece of HTML; loaded by the child that reads a feed."""

from lxml import html as lxml_html
from lxml.etree import Comment, LxmlError, ProcessingInstruction, strip_elements

BLOCKS = (
    "p",
    "div",
    "br",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "blockquote",
    "dt",
    "dd",
)
SKIPPED = ("script", "style", "template", "noscript", "iframe", "object", "svg", "head")
LONGEST = 200_000


def words_of(markup: str) -> str:
    """Return the text of ``markup``, a line for each block; nothing of what is broken."""
    if "<" not in markup and "&" not in markup:
        return markup
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    source = f"<html><body><div>{markup[:LONGEST]}</div></body></html>".encode("utf-8", "replace")
    try:
        tree = lxml_html.document_fromstring(source, parser=parser)
    except (LxmlError, ValueError):
        return ""
    strip_elements(tree, Comment, ProcessingInstruction, *SKIPPED, with_tail=False)
    for block in tree.iter(*BLOCKS):
        block.text = f"\n{block.text or ''}"
        block.tail = f"\n{block.tail or ''}"
    return str(tree.text_content())
