"""Scripts as they are sent: without what is only there for people to read."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from string import ascii_letters
from typing import Final

TOKEN: Final = re.compile(
    r"""
    (?P<comment> /\*.*?\*/ | //[^\n]* )
  | (?P<text> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `(?:[^`\\]|\\.)*` )
  | (?P<regex> (?: (?<=[=(,:!&|?;{}\[]) | (?<=[=(,:!&|?;{}\[]\s) )
               /(?![*/]) (?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]* )
  | (?P<word> [\#\w$]+ )
  | (?P<space> \s+ )
  | (?P<sign> \.{3} | . )
    """,
    re.VERBOSE | re.DOTALL,
)
INSIDE: Final = re.compile(r"(\$\{[^}]*\})")
ENDS_NOTHING: Final = "{}([,;=&|?:+"
BEGINS_NOTHING: Final = ")],.;=&|?:"


class NotShortenable(Exception):
    """A name that should become shorter is also the name of a property."""


def stripped(source: str) -> str:
    """Return a script without comments and needless space; its tokens stay what and where they are.

    It reads the JavaScript of this repository: a template must not hold another one, a regular
    expression stands behind an operator or a bracket, and a statement ends with a semicolon or a block.
    """
    return "".join(_kept(source))


def shortened(script: str, names: Collection[str]) -> str:
    """Return a stripped script with short words for ``names`` and for all private fields.

    Every occurrence of a name is replaced, so a name keeps meaning what it meant. Raises NotShortenable
    for a name that is a property anywhere, because that one may be meant from outside.
    """
    tokens = list(_tokens(script))
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if token in names and (before == "." or after == ":"):
            raise NotShortenable(token)
    words = Counter(token for token in tokens if token[0] == "#" or token in names)
    short = dict(_short_words([word for word, _ in words.most_common()]))
    return "".join(short.get(token, token) for token in tokens)


def _tokens(script: str) -> Iterator[str]:
    """Yield the tokens of a script, and those inside of its templates."""
    for match in TOKEN.finditer(script):
        if not match[0].startswith("`"):
            yield match[0]
            continue
        for part in INSIDE.split(match[0]):
            yield from _tokens(part) if part.startswith("${") else [part] * bool(part)


def _short_words(names: list[str]) -> Iterator[tuple[str, str]]:
    """Give the shortest word to the most frequent name; private fields and others apart."""
    for mark in "#$":
        group = [name for name in names if (name[0] == "#") == (mark == "#")]
        for number, name in enumerate(group):
            more, last = divmod(number, len(ascii_letters))
            yield name, mark + (ascii_letters[more - 1] if more else "") + ascii_letters[last]


def _kept(source: str) -> Iterator[str]:
    before, gap = "", ""
    for match in TOKEN.finditer(source):
        token = match[0]
        if match.lastgroup in {"space", "comment"}:
            gap = "\n" if "\n" in token + gap else " "
            continue
        yield _between(before, gap, token)
        yield token.replace("_", "") if token[0].isdigit() else token
        before, gap = token, ""
    yield "\n"


def _between(before: str, gap: str, token: str) -> str:
    """Return what has to stand between two tokens that had ``gap`` between them."""
    if not gap or not before:
        return ""
    if gap == "\n" and not (before[-1] in ENDS_NOTHING or token[0] in BEGINS_NOTHING):
        return "\n"
    words = re.match(r"[\w$#]", before[-1]) and re.match(r"[\w$#]", token[0])
    signs = before[-1] in "+-/" and token[0] in "+-/"
    return " " if words or signs else ""
