"""JSON that Postgres can hold: what it cannot is found before it gets there."""

import orjson

from jobs.errors import InvalidArgs
from jobs.processor import escape

NUL = b"\\u0000"


def stored_json(value: object, pointer: str) -> bytes:
    """Return ``value`` as the JSON that will be stored.

    Raises InvalidArgs for text with NUL or a lone surrogate, TypeError for what is no JSON at all.
    """
    try:
        encoded = orjson.dumps(value)
    except TypeError:  # lone surrogates among others
        refuse_unstorable(value, pointer)
        raise
    if NUL in encoded:
        refuse_unstorable(value, pointer)
    return encoded


def refuse_unstorable(value: object, pointer: str) -> None:
    """Raise InvalidArgs for text that JSON in Postgres cannot hold: NUL and lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value or not encodable(value):
            raise InvalidArgs([{"pointer": pointer, "detail": "text with NUL or a lone surrogate"}])
    elif isinstance(value, dict):
        for key, inner in value.items():
            refuse_unstorable(key, pointer)
            refuse_unstorable(inner, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            refuse_unstorable(inner, f"{pointer}/{number}")


def encodable(text: str) -> bool:
    """Return whether ``text`` has a form in UTF-8: a lone surrogate has none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
