"""What JSON in Postgres cannot hold, found before it gets there."""

from jobs.errors import InvalidArgs
from jobs.processor import escape


def refuse_unstorable(value: object, pointer: str) -> None:
    """Raise InvalidArgs for text that JSON in Postgres cannot hold: NUL and lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidArgs([{"pointer": pointer, "detail": "text with NUL or a lone surrogate"}])
    elif isinstance(value, dict):
        for key, inner in value.items():
            refuse_unstorable(key, pointer)
            refuse_unstorable(inner, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            refuse_unstorable(inner, f"{pointer}/{number}")
