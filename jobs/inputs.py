"""The JSON Schema a job asks for input with, and checking what is handed in against it."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic import ValidationError as Misfit

from jobs.errors import InvalidInput
from jobs.processor import escape, pointers
from jobs.storable import refuse_unstorable

if TYPE_CHECKING:
    from jsonschema import ValidationError

MOST_FAULTS = 20
ORDER = "x-order"
"""Names an object's properties in the order a form shows them: a database keeps no order of keys."""


def request_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema that people are asked with to fill in ``model``."""
    schema = model.model_json_schema()
    note_order(schema)
    return schema


def note_order(schema: Any) -> None:
    """Write the order of its properties into ``schema`` and all it holds, where none is given."""
    if isinstance(schema, list):
        for one in schema:
            note_order(one)
    if not isinstance(schema, dict):
        return
    for name, part in list(schema.items()):
        if name in {"properties", "$defs"}:
            note_order(list(part.values()))
        elif name in {"items", "prefixItems", "anyOf", "oneOf", "allOf", "additionalProperties"}:
            note_order(part)
    if "properties" in schema:
        schema.setdefault(ORDER, list(schema["properties"]))


def complaint(error: Misfit) -> dict[str, Any]:
    """Return what to say of an answer that the model itself refused, to be part of the next request."""
    errors = [
        {**one, "detail": one["detail"].removeprefix("Value error, ")[:500]}
        for one in pointers(error)[:MOST_FAULTS]
    ]
    return {"problem": " · ".join(one["detail"] for one in errors)[:1000], "errors": errors}


def check_input(awaiting: dict[str, Any], data: Any) -> None:
    """Raise InvalidInput, with a pointer per fault, when ``data`` is not what was asked for.

    What a JSON Schema cannot say (a model's own validators) is checked by the job, which asks again.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 3 MB, and input is seldom
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    refuse_unstorable(data, "")
    try:
        faults = list(Draft202012Validator(awaiting["schema"]).iter_errors(data))
    except SchemaError:
        return
    if faults:
        told = (one for fault in faults for one in explained(fault))
        # Each missing member has a fault of its own that names them all: the same place is told once.
        raise InvalidInput(
            list({one["pointer"]: one for one in islice(told, MOST_FAULTS)}.values())
        )


def explained(fault: "ValidationError") -> Iterator[dict[str, str]]:
    """Yield where a fault is and what it is, one for each place that has to be looked at.

    A missing member is a fault at its own place, where a form has a field for it. Of several shapes the
    value may have, the one it is meant to have is looked into.
    """
    if meant := branch(fault):
        for inner in meant:
            yield from explained(inner)
    elif fault.validator == "required":
        for name in fault.validator_value:
            if name not in fault.instance:
                yield told(fault, name, detail="This field is required")
    else:
        yield told(fault, detail=fault.message[:500])


def branch(fault: "ValidationError") -> "list[ValidationError]":
    """Return the faults within the only shape that is left once others are ruled out, else none."""
    if fault.validator not in {"anyOf", "oneOf"}:
        return []
    shapes: dict[int, list[ValidationError]] = {}
    for inner in fault.context or ():
        shapes.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    meant = [shape for shape in shapes.values() if not any(map(rules_out, shape))]
    return meant[0] if len(meant) == 1 else []


def rules_out(fault: "ValidationError") -> bool:
    """Return whether a fault shows that the value is meant to have another shape."""
    return fault.validator == "const" or (fault.validator, fault.validator_value) == (
        "type",
        "null",
    )


def told(fault: "ValidationError", *more: str, detail: str) -> dict[str, str]:
    """Return a fault as the API tells it."""
    pointer = "".join(f"/{escape(part)}" for part in [*fault.absolute_path, *more])
    return {"pointer": pointer, "detail": detail}
