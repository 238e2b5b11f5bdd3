"""Pages into the bytes of a PDF, in the shapes that programs write: plain, PDF 1.5's, encrypted.

PDF 32000-1:2008: 7.5 (file), 7.5.7 (object streams), 7.6.3 (the standard security handler, RC4).
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.jobs.processors.samples.canvas import WIDTHS, Canvas, escaped, glyph

PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
IDENT = bytes(range(16))
ALLOWED = -44  # print and copy, change nothing
LETTERS = [chr(code) for code in range(32, 127)] + ["\ufb01", "–", "—", "’"]


@dataclass
class Objects:
    """A file's objects, numbered from 1. ``streams`` are the bodies of those that are streams."""

    texts: list[str] = field(default_factory=list)
    streams: dict[int, bytes] = field(default_factory=dict)

    def add(self, text: str, stream: bytes | None = None) -> int:
        """Add an object and return its number."""
        self.texts.append(text)
        if stream is not None:
            self.streams[len(self.texts)] = stream
        return len(self.texts)


def pdf(pages: Sequence[Canvas], title: str = "", **how: str | bool) -> bytes:
    """Return a file. ``packed`` writes it as PDF 1.5; ``owner`` and ``user`` are passwords."""
    objects, root, info = objects_of(pages, title)
    if how.get("packed"):
        return packed(objects, root, info)
    if "owner" in how:
        return encrypted(objects, root, info, str(how["owner"]), str(how.get("user", "")))
    return plain(objects, root, info)


def objects_of(pages: Sequence[Canvas], title: str) -> tuple[Objects, int, int]:
    """Return a document's objects, and the numbers of its root and of what is said about it."""
    objects = Objects()
    root = objects.add("<< /Type /Catalog /Pages 2 0 R >>")
    tree = objects.add("")
    fonts = f"/F1 {simple_font(objects)} 0 R /F2 {composite_font(objects)} 0 R"
    kids = [page_of(objects, page, tree, fonts) for page in pages]
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects.texts[tree - 1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>"
    info = objects.add(f"<< /Title ({escaped(title)}) /Producer (Jobcast samples) >>")
    return objects, root, info


def page_of(objects: Objects, page: Canvas, tree: int, fonts: str) -> int:
    """Add a page with its content."""
    data = zlib.compress(page.content, 9)
    content = objects.add(f"<< /Length {len(data)} /Filter /FlateDecode >>", data)
    image = f"/XObject << /Im1 {picture(objects)} 0 R >>" if page.images else ""
    return objects.add(
        f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {page.size[0]:g} {page.size[1]:g}] "
        f"/Rotate {page.rotate} /Resources << /Font << {fonts} >> {image} >> /Contents {content} 0 R >>"
    )


def picture(objects: Objects) -> int:
    """Add a grey picture of a page, as a scanner makes it."""
    data = zlib.compress(bytes((x * y) % 251 for y in range(80) for x in range(60)), 9)
    return objects.add(
        "<< /Type /XObject /Subtype /Image /Width 60 /Height 80 /ColorSpace /DeviceGray "
        f"/BitsPerComponent 8 /Length {len(data)} /Filter /FlateDecode >>",
        data,
    )


def simple_font(objects: Objects) -> int:
    """Add Helvetica, which every viewer has."""
    return objects.add(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    )


def composite_font(objects: Objects) -> int:
    """Add a font whose glyphs only its table turns into text, one of them into two letters."""
    pairs = "".join(
        f"<{glyph(c):04x}> <{'00660069' if c == chr(0xFB01) else format(ord(c), '04x')}>\n"
        for c in LETTERS
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(LETTERS)} beginbfchar\n{pairs}endbfchar\nendcmap end end"
    ).encode()
    table = objects.add(f"<< /Length {len(cmap)} >>", cmap)
    widths = " ".join(f"{glyph(c)} [{WIDTHS.get(c, 556)}]" for c in LETTERS)
    described = objects.add(
        "<< /Type /FontDescriptor /FontName /ABCDEF+Cut /Flags 4 /FontBBox [0 -200 1000 900] "
        "/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>"
    )
    inner = objects.add(
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Cut /DW 556 /CIDToGIDMap /Identity "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {described} 0 R /W [{widths}] >>"
    )
    return objects.add(
        "<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Cut /Encoding /Identity-H "
        f"/DescendantFonts [{inner} 0 R] /ToUnicode {table} 0 R >>"
    )


def plain(objects: Objects, root: int, info: int, more: str = "") -> bytes:
    """Write the objects one after the other, then where each of them begins."""
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, text in enumerate(objects.texts, start=1):
        offsets.append(len(out))
        out += written(number, text, objects.streams.get(number))
    start, size = len(out), len(offsets) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R {more} >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


def written(number: int, text: str, stream: bytes | None) -> bytes:
    """Return one object as it stands in a file."""
    body = b"" if stream is None else b"\nstream\n" + stream + b"\nendstream"
    return f"{number} 0 obj\n{text}".encode("latin-1") + body + b"\nendobj\n"


def packed(objects: Objects, root: int, info: int) -> bytes:
    """Write what is no stream into one compressed stream, and the table of places as another."""
    inside = [n for n in range(1, len(objects.texts) + 1) if n not in objects.streams]
    bodies = [objects.texts[n - 1] + " " for n in inside]
    starts = [sum(len(body) for body in bodies[:n]) for n in range(len(bodies))]
    head = " ".join(f"{number} {start}" for number, start in zip(inside, starts, strict=True)) + " "
    data = zlib.compress((head + "".join(bodies)).encode("latin-1"), 9)
    box, table = len(objects.texts) + 1, len(objects.texts) + 2
    out, entries = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {0: (0, 0, 65535)}
    for number, stream in objects.streams.items():
        entries[number] = (1, len(out), 0)
        out += written(number, objects.texts[number - 1], stream)
    entries |= {number: (2, box, place) for place, number in enumerate(inside)}
    entries[box] = (1, len(out), 0)
    count = f"/N {len(inside)} /First {len(head)} /Length {len(data)}"
    out += written(box, f"<< /Type /ObjStm {count} /Filter /FlateDecode >>", data)
    start = entries[table] = (1, len(out), 0)
    rows = b"".join(
        bytes([kind]) + a.to_bytes(4, "big") + b.to_bytes(2, "big")
        for _, (kind, a, b) in sorted(entries.items())
    )
    data = zlib.compress(rows, 9)
    said = f"/Type /XRef /Size {table + 1} /W [1 4 2] /Root {root} 0 R /Info {info} 0 R"
    out += written(table, f"<< {said} /Length {len(data)} /Filter /FlateDecode >>", data)
    return bytes(out + f"startxref\n{start[1]}\n%%EOF\n".encode())


def encrypted(objects: Objects, root: int, info: int, owner: str, user: str) -> bytes:
    """Encrypt the streams by RC4 with 128 bits; the strings go, and with them the title."""
    sealed = owner_entry(owner, user)
    key = file_key(sealed, user)
    objects.texts[info - 1] = "<< >>"
    for number, stream in objects.streams.items():
        own = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0", usedforsecurity=False)
        objects.streams[number] = rc4(own.digest(), stream)
    proof = hashlib.md5(PADDING + IDENT, usedforsecurity=False).digest()
    shown = (rounds(key, proof) + bytes(16)).hex()
    locked = objects.add(
        f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P {ALLOWED} /O <{sealed.hex()}> /U <{shown}> >>"
    )
    return plain(
        objects, root, info, f"/Encrypt {locked} 0 R /ID [<{IDENT.hex()}> <{IDENT.hex()}>]"
    )


def owner_entry(owner: str, user: str) -> bytes:
    """Return the user's password under the owner's (Algorithm 3)."""
    key = padded(owner)
    for _ in range(51):
        key = hashlib.md5(key, usedforsecurity=False).digest()
    return rounds(key, padded(user))


def file_key(sealed: bytes, user: str) -> bytes:
    """Return what everything is encrypted with (Algorithm 2)."""
    key = padded(user) + sealed + ALLOWED.to_bytes(4, "little", signed=True) + IDENT
    for _ in range(51):
        key = hashlib.md5(key, usedforsecurity=False).digest()
    return key


def rounds(key: bytes, data: bytes) -> bytes:
    """Encrypt twenty times, each with another key made of this one."""
    for number in range(20):
        data = rc4(bytes(byte ^ number for byte in key), data)
    return data


def padded(password: str) -> bytes:
    """Return a password of 32 bytes."""
    return (password.encode("latin-1") + PADDING)[:32]


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt, or decrypt."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
