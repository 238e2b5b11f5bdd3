"""Bytes from elsewhere as text, whichever of their labels lies.

In the order in which they are to be believed: the byte order mark; UTF-8, when the bytes are valid as that
(by chance they hardly ever are); the transport's label; the document's own; Windows-1252.
"""

import codecs
import re
from collections.abc import Iterable

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
"""How markup in UTF-16 begins when its mark was forgotten."""

MEANT = {
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"cp125{page}": f"cp125{page}" for page in range(9)},
    **{name: name for name in ("cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic")},
    **{name: name for name in ("utf-8", "euc_jp", "iso2022_jp", "hz", "gb18030", "cp932", "cp949")},
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
"""What a label means on the web (WHATWG Encoding, §4.2): often a superset. No other codec is ever used."""

ALIASES = {"x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-cp1251": "cp1251"}
SEVEN_BIT = frozenset({"iso2022_jp", "hz"})
FAITHFUL = 3
"""UTF-8 with damage is still UTF-8 while it has this many sound letters for each that is not."""

HEAD = 4_096
LABEL = rb"\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})"
XML_LABEL = re.compile(rb"<\?xml[^>]{0,200}?\bencoding" + LABEL)
META_LABEL = re.compile(rb"<meta\b[^>]{0,400}?\bcharset" + LABEL, re.IGNORECASE)


def decode(body: bytes, label: str | None = None) -> str:
    """Return ``body`` as text. ``label`` is the charset the transport named, if it did."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    start = body[:HEAD].lstrip(b" \r\n\t")
    unmarked = next((name for sign, name in UNMARKED if start.startswith(sign)), None)
    if unmarked is not None:
        return body.decode(unmarked, "replace")
    labels = [meant for meant in map(encoding_of, (label, *own_labels(body))) if meant]
    if not any(meant in SEVEN_BIT for meant in labels):
        labels.insert(0, "utf-8")
    return first_fit(body, labels)


def first_fit(body: bytes, encodings: Iterable[str]) -> str:
    """Return ``body`` by the first encoding in which all of it is valid, else the likeliest."""
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeError:
            continue
    text = body.decode("utf-8", "replace")
    lost, foreign = text.count("\ufffd"), sum(1 for letter in text if letter > "\x7f")
    return text if lost * (FAITHFUL + 1) <= foreign else body.decode("cp1252", "replace")


def own_labels(body: bytes) -> list[str]:
    """Return what the document says of itself, in its XML declaration and its ``meta``."""
    head = body[:HEAD]
    found = [pattern.search(head) for pattern in (XML_LABEL, META_LABEL)]
    return [match[1].decode("ascii") for match in found if match]


def encoding_of(label: str | None) -> str | None:
    """Return the encoding a label means, or None for one that nobody writes in."""
    try:
        name = codecs.lookup(label or "").name
    except (LookupError, ValueError):
        return ALIASES.get((label or "").lower())
    return MEANT.get(name)
