"""Material in a question: marked, so that the model uses what it says and follows no order in it."""

import re


def marked(name: str, text: str) -> str:
    """Return ``text`` between ``<name>`` and ``</name>``; it cannot end its own mark."""
    return f"<{name}>\n{unmarked(name, text)}\n</{name}>"


def unmarked(name: str, text: str) -> str:
    """Return text that holds no mark called ``name``."""
    return re.sub(rf"<(?=\s*/?\s*{name})", "‹", text, flags=re.IGNORECASE)
