"""PDFs for tests, drawn word by word: each page a list of words with their places."""

from __future__ import annotations

from collections.abc import Sequence

SIZE = 10
PITCH = 13
WIDTH = 5.0
"""Courier-like: a character takes half the size; the standard font Courier takes 0.6 of it."""


def drawn(text: str, *, left: float = 60, top: float = 780) -> str:
    """The drawing of a text as it stands: a line below the other, each run of words at its column."""
    parts = []
    for number, line in enumerate(text.split("\n")):
        if line.strip():
            indent = len(line) - len(line.lstrip())
            parts.append(at(left + indent * 6, top - number * PITCH, line.strip()))
    return "\n".join(parts)


def at(x: float, y: float, text: str) -> str:
    """The drawing of a line at a place, in points from the bottom left."""
    shown = text.encode("cp1252").decode("latin-1").replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F {SIZE} Tf {x:.1f} {y:.1f} Td ({shown}) Tj ET"


def pdf_of(pages: Sequence[str], *, catalogue: str = "") -> bytes:
    """A PDF of drawn pages.

    Args:
        pages: what is drawn on each.
        catalogue: more entries of the document's catalogue.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = page.encode("latin-1")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F 3 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    data = b"%PDF-1.4\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return data + f"{head}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n".encode()
