"""Checking what is handed to a waiting job against the JSON Schema it asked with."""

from typing import Any

from jobs.errors import InvalidInput
from jobs.processor import escape
from jobs.storable import refuse_unstorable

MOST_FAULTS = 20


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
        raise InvalidInput(
            [
                {
                    "pointer": "".join(f"/{escape(part)}" for part in fault.absolute_path),
                    "detail": fault.message[:500],
                }
                for fault in faults[:MOST_FAULTS]
            ]
        )
