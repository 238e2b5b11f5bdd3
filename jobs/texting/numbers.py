"""Telephone numbers: E.164 as phonenumbers reads it, and an operator's list of them."""

from collections.abc import Iterable

COUNTRY = "write the number with its country code, like +4930123456"
ANY = "*"


def e164(text: str) -> str:
    """Return a number as +, country code and digits. Raises ValueError for what can be none."""
    from phonenumbers import (  # noqa: PLC0415 - only where numbers are read: it brings all plans
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        parse,
    )

    try:
        number = parse(text.strip(), None)
    except NumberParseException as error:
        raise ValueError(COUNTRY) from error
    if not is_possible_number(number) or number.extension:
        raise ValueError("there can be no telephone number of this length")
    return format_number(number, PhoneNumberFormat.E164)


def is_listed(number: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns is the number, or its beginning and a ``*``."""
    return any(
        number.startswith(pattern.removesuffix(ANY)) if pattern.endswith(ANY) else number == pattern
        for pattern in patterns
    )
