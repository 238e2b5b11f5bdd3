"""Small PDFs made by hand: one with text, one that is only a picture, one behind a password."""


def make_pdf(*pages: str, extra: str = "", trailer: str = "") -> bytes:
    """Return a PDF with one line of text a page; an empty string makes a page without text."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "0 0 100 100 re f"
        resources = "/MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
        bodies += [
            f"<< /Type /Page /Parent 2 0 R {resources} /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        ]
    bodies += [extra] if extra else []
    out = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(bodies) + 1
    start = len(out)
    return out + (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    ).encode("latin-1")


SCAN = make_pdf("", "")
ENCRYPTED = make_pdf(
    "Quiz on Sep 4, 2026",
    extra=f"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -44 /O <{'ab' * 32}> /U <{'cd' * 32}> >>",
    trailer=f"/Encrypt 6 0 R /ID [<{'01' * 16}> <{'01' * 16}>]",
)
