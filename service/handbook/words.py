"""The words of a line of Markdown, without its marks."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.token import Token

SAID: Final = frozenset({"text", "code_inline", "softbreak", "image"})


def spoken(line: "Token") -> str:
    """Return what ``line``, an inline token, says."""
    found = (child for child in line.children or () if child.type in SAID)
    return "".join(" " if child.type == "softbreak" else child.content for child in found)
