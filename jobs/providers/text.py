"""Text from elsewhere made fit to keep: no control characters, cells on one line."""

Row = list[str]
"""A line of a document as cells; prose has one."""
Page = list[Row]


def clean(text: str, spared: str = "") -> str:
    """Return ``text`` without control characters and lone surrogates, which JSON cannot carry."""
    return "".join(c for c in text if (c >= " " and not "\ud800" <= c <= "\udfff") or c in spared)


def tidy(text: str) -> str:
    """Return a cell's text on one line."""
    return " ".join(text.split())
