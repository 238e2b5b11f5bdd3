"""How parts of Markdown are drawn where CommonMark's own way is not enough, or the policy forbids it."""

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from service.handbook.highlight import highlighted
from service.handbook.links import target
from service.handbook.words import spoken

if TYPE_CHECKING:
    from markdown_it.token import Token

ALIGNED: Final = {"text-align:right": "right", "text-align:center": "center"}
COMMANDS: Final = re.compile(r"\$ |(curl|make|jobcast|fly|heroku|docker|\.venv/bin/\w+) ")
"""How an indented block begins that is for a shell."""
Tokens = Sequence["Token"]
Environment = MutableMapping[str, Any]


def _fence(_self: Any, tokens: Tokens, index: int, _options: Any, _env: Environment) -> str:
    token = tokens[index]
    return drawn_code(token.content, token.info.split(" ")[0] if token.info else "text")


def _code_block(_self: Any, tokens: Tokens, index: int, _options: Any, _env: Environment) -> str:
    content = tokens[index].content
    return drawn_code(content, "sh" if COMMANDS.match(content) else "text")


def drawn_code(code: str, language: str) -> str:
    """Return a piece of code as it is shown; ``page/copying.js`` adds the button."""
    label = escape(language)
    shown = highlighted(code, language)
    return f'<div class="code" data-language="{label}"><pre tabindex="0"><code>{shown}</code></pre></div>\n'


def _heading_close(self: Any, tokens: Tokens, index: int, options: Any, env: Environment) -> str:
    opened = tokens[index - 2]
    end: str = self.renderToken(tokens, index, options, env)
    if opened.tag == "h1":
        return end
    anchor, words = opened.attrs["id"], escape(spoken(tokens[index - 1]))
    return f' <a class="anchor" href="#{anchor}" aria-label="Link to {words}">#</a>{end}'


def _link_open(self: Any, tokens: Tokens, index: int, options: Any, env: Environment) -> str:
    token = tokens[index]
    href = target(str(token.attrs["href"]))
    if href is None:
        del token.attrs["href"]
    else:
        token.attrs["href"] = href
    drawn: str = self.renderToken(tokens, index, options, env)
    return drawn


def _image(self: Any, tokens: Tokens, index: int, options: Any, env: Environment) -> str:
    token = tokens[index]
    token.attrs["src"] = target(str(token.attrs["src"])) or ""
    token.attrs["loading"] = "lazy"
    drawn: str = self.image(tokens, index, options, env)
    return drawn


def _cell(self: Any, tokens: Tokens, index: int, options: Any, env: Environment) -> str:
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style in ALIGNED:
        token.attrs["class"] = ALIGNED[style]
    if token.type == "th_open" and not tokens[index + 1].content:
        return (
            f"<td{_classes(token)}>"  # a header without words is a cell: readers are told of none
        )
    drawn: str = self.renderToken(tokens, index, options, env)
    return drawn


def _classes(token: "Token") -> str:
    return f' class="{token.attrs["class"]}"' if "class" in token.attrs else ""


def _header_close(self: Any, tokens: Tokens, index: int, options: Any, env: Environment) -> str:
    drawn: str = self.renderToken(tokens, index, options, env)
    return drawn if tokens[index - 1].content else "</td>"


def _table_open(_self: Any, _tokens: Tokens, _index: int, _options: Any, _env: Environment) -> str:
    return '<div class="table" tabindex="0"><table>\n'


def _table_close(_self: Any, _tokens: Tokens, _index: int, _options: Any, _env: Environment) -> str:
    return "</table></div>\n"


RULES: Final = {
    "fence": _fence,
    "code_block": _code_block,
    "heading_close": _heading_close,
    "link_open": _link_open,
    "image": _image,
    "th_open": _cell,
    "td_open": _cell,
    "th_close": _header_close,
    "table_open": _table_open,
    "table_close": _table_close,
}
