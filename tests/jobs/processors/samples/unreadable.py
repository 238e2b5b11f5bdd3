"""Files that cannot be read, each with the code it must end with."""

import zlib
from functools import cache

from tests.jobs.processors.samples.canvas import Canvas
from tests.jobs.processors.samples.pdf_file import Objects, pdf, plain

MEGABYTE = 1024 * 1024


@cache
def unreadable() -> dict[str, tuple[bytes, str]]:
    """Return the files by name, with the code of the error."""
    whole = pdf([lettered("Quiz on Sep 4, 2026")] * 3)
    return {
        "scanned": (pdf([scan(), scan()]), "no_text"),
        "encrypted": (pdf([lettered("Quiz")], owner="boss", user="secret"), "encrypted"),
        "corrupt": (whole[:60] + bytes(b ^ 0x5A for b in whole[60:]), "unreadable"),
        "truncated": (whole[: len(whole) // 3], "unreadable"),
        "zero-pages": (pdf([]), "unreadable"),
        "thousand-pages": (pdf([lettered("p")] * 1_000), "too_many_pages"),
        "zip-bomb": (bomb(), "too_large"),
        "zip-bomb-nested": (bomb(nested=True), "too_large"),
        "pages-in-a-circle": (circle(), "unreadable"),
    }


def lettered(text: str) -> Canvas:
    """Return a page with one line."""
    page = Canvas()
    page.text(72, 72, text)
    return page


def scan() -> Canvas:
    """Return a page that is a picture."""
    return Canvas(drawn=["595 0 0 842 0 0 cm /Im1 Do"], images=True)


def bomb(*, nested: bool = False) -> bytes:
    """Return a page whose content unpacks to a gigabyte of spaces."""
    packer = zlib.compressobj(9)
    first, again = (
        packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    data = first + again * 1023 + packer.flush()
    filters = "/FlateDecode"
    if nested:
        data, filters = zlib.compress(data, 9), "[/FlateDecode /FlateDecode]"
    objects = Objects()
    objects.add("<< /Type /Catalog /Pages 2 0 R >>")
    objects.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    objects.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>")
    objects.add(f"<< /Length {len(data)} /Filter {filters} >>", data)
    return plain(objects, 1, objects.add("<< >>"))


def circle() -> bytes:
    """Return a file whose tree of pages has no leaf and no end."""
    objects = Objects()
    objects.add("<< /Type /Catalog /Pages 2 0 R >>")
    objects.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    objects.add("<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>")
    return plain(objects, 1, objects.add("<< >>"))
