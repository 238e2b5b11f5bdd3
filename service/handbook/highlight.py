"""Code with its words coloured: classes only, the colours are ``page/code.css``."""

from html import escape
from typing import Final

ALIASES: Final = {"sh": "bash", "js": "javascript", "jsonc": "json", "": "text"}
PLAIN: Final = frozenset({"text", "txt", "output"})


def highlighted(code: str, language: str) -> str:
    """Return ``code`` as HTML; a language that nobody knows stays as it is."""
    # Loaded by the first page that shows code.
    from pygments import highlight  # noqa: PLC0415
    from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    name = ALIASES.get(language, language)
    if name in PLAIN:
        return escape(code)
    try:
        lexer = get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
