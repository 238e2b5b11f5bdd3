"""Texts of an answer, fit to be kept: what Postgres can hold, within a length; and their language."""

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from jobs.providers.text import clean, tidy


def one_line(text: object) -> object:
    """Return text on one line, without what cannot be kept."""
    return tidy(clean(text, spared="\n\t")) if isinstance(text, str) else text


def storable(text: object) -> object:
    """Return text without what neither Postgres nor a reader can use."""
    return clean(text, spared="\n\t").strip() if isinstance(text, str) else text


Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(one_line)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=300), BeforeValidator(one_line)]
Notes = Annotated[str, StringConstraints(max_length=2_000), BeforeValidator(storable)]
