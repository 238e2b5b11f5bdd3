"""A frozen answer of the API: fields by name and type, read from its JSON when they are asked for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]


class Document:
    """What the server said, ``raw``, with its fields as attributes.

    Fields that this client does not know are in ``raw`` alone. One that the server does not tell is
    None where it may be, else an AttributeError.
    """

    __slots__ = ("raw",)

    raw: Mapping[str, Any]

    def __init__(self, raw: Mapping[str, Any]) -> None:
        object.__setattr__(self, "raw", raw)

    def __getattr__(self, name: str) -> Any:
        reader = fields_of(type(self)).get(name)
        if reader is None:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        value = self.raw.get(name)
        if value is None and name not in self.raw and reader is not maybe(reader):
            raise AttributeError(f"the server told no {name!r} of this {type(self).__name__}")
        return reader(value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and type(other) is type(self) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash((type(self), str(self.raw.get("id"))))

    def __repr__(self) -> str:
        told = ", ".join(f"{n}={self.raw[n]!r}" for n in fields_of(type(self)) if n in self.raw)
        return f"{type(self).__name__}({told})"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *fields_of(type(self))]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.raw,)


class Maybe:
    """Reads what may be null or missing."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(self, value: Any) -> Any:
        """Return None for null, else what the reader makes of it."""
        return None if value is None else self._reader(value)


def maybe(reader: Reader) -> Reader:
    """Return a reader that takes null; one that does already is returned as it is."""
    return reader if isinstance(reader, Maybe) else Maybe(reader)


def fields_of(model: type[Document]) -> Mapping[str, Reader]:
    """Return how each field of a model is read; found out when the first one is."""
    if model not in KNOWN:
        hints = get_type_hints(model)
        KNOWN[model] = {name: reader_of(hint) for name, hint in hints.items() if name != "raw"}
    return KNOWN[model]


KNOWN: dict[type[Document], Mapping[str, Reader]] = {}


def reader_of(hint: Any) -> Reader:
    """Return what makes a value of type ``hint`` from decoded JSON."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind in {Union, UnionType}:
        rest = [one for one in inner if one is not NoneType]
        reader = reader_of(rest[0]) if len(rest) == 1 else as_it_is
        return maybe(reader) if len(rest) < len(inner) else reader
    if kind is tuple:
        return many(reader_of(inner[0]))
    if hint is Any:
        return maybe(as_it_is)
    if isinstance(hint, type) and issubclass(hint, Document):
        return hint
    return datetime.fromisoformat if hint is datetime else as_it_is


def as_it_is(value: Any) -> Any:
    """Return ``value``."""
    return value


def many(reader: Reader) -> Reader:
    """Return what reads a list as a tuple."""
    return lambda values: tuple(map(reader, values))
