"""Bytes as text, when labels are missing, wrong, or contradict each other."""

import codecs

import pytest

from jobs.providers.encodings import decode

GERMAN = "Grüße – Straße"
RUSSIAN = "Привет, мир"
JAPANESE = "①表示：港の天気"


def html(text: str, charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body>{text}</body></html>'


@pytest.mark.parametrize(
    ("body", "label", "text"),
    [
        (GERMAN.encode("cp1252"), None, GERMAN),
        (GERMAN.encode("cp1252"), "iso-8859-1", GERMAN),
        (GERMAN.encode("cp1252"), "utf-8", GERMAN),
        (GERMAN.encode(), "iso-8859-1", GERMAN),
        (GERMAN.encode(), "no-such-charset", GERMAN),
        (codecs.BOM_UTF8 + GERMAN.encode(), "iso-8859-1", GERMAN),
        (GERMAN.encode("utf-16"), "utf-8", GERMAN),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), None, GERMAN),
        (f"<p>{GERMAN}".encode("utf-16-le"), None, f"<p>{GERMAN}"),
        (codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), None, GERMAN),
        (RUSSIAN.encode("koi8-r"), "koi8-r", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "x-cp1251", RUSSIAN),
        (JAPANESE.encode("cp932"), "Shift_JIS", JAPANESE),
        (JAPANESE.encode("cp932"), "x-sjis", JAPANESE),
        ("港の天気".encode("iso2022_jp"), "iso-2022-jp", "港の天気"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        (b"plain", "idna", "plain"),
        (b"plain", "unicode_escape", "plain"),
        (b"\\x41", "unicode_escape", "\\x41"),
        (b"aGk=", "base64", "aGk="),
        (b"", None, ""),
    ],
)  # fmt: skip
def test_a_text_is_read_as_it_was_written(body: bytes, label: str | None, text: str) -> None:
    assert decode(body, label) == text


@pytest.mark.parametrize(
    ("charset", "encoding", "label"),
    [
        ("windows-1251", "cp1251", None),
        ("windows-1251", "cp1251", "utf-8"),
        ("utf-8", "cp1251", "windows-1251"),
        ("utf-16", "utf-8", None),
        ("iso-8859-1", "utf-8", None),
    ],
)
def test_the_label_that_fits_the_bytes_is_believed(
    charset: str, encoding: str, label: str | None
) -> None:
    page = html(RUSSIAN, charset)

    assert decode(page.encode(encoding), label) == page


def test_a_broken_letter_does_not_spoil_the_others() -> None:
    damaged = "Grüße, Brötchen, Käse, Öl, Äpfel, Ähren, Übung".encode() + b"\xc3"

    assert decode(damaged, None).startswith("Grüße, Brötchen")
