"""Values that could be read in two ways are refused, in every body and query of the whole table (S36)."""

from datetime import date, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from service.operations import Operation
from service.routes import TABLE

COUNTED = [0, 1, 0.5, -1, True, "0", "1700000000", "1.5", "+1", ""]


def models_of(found: Operation) -> list[type[BaseModel]]:
    return [model for model in (found.body, found.query) if model is not None]


def timely(annotation: Any) -> bool:
    """Return whether a field is a time or a day, maybe optional."""
    inner = get_args(annotation)
    return annotation in {date, datetime} or any(timely(each) for each in inner)


MODELS = sorted({m for *_, found in TABLE for m in models_of(found)}, key=lambda m: m.__name__)
TIMES = [
    (model, name)
    for model in MODELS
    for name, field in model.model_fields.items()
    if timely(field.annotation)
]


def test_there_are_times_to_look_at() -> None:
    assert len(TIMES) > 10


@pytest.mark.parametrize(("model", "name"), TIMES, ids=lambda each: getattr(each, "__name__", each))
def test_a_time_is_written_out_and_never_counted(model: type[BaseModel], name: str) -> None:
    for value in COUNTED:
        with pytest.raises(ValidationError) as refusal:
            model.model_validate({name: value})

        assert any(fault["loc"][0] == name for fault in refusal.value.errors()), value


def test_a_life_in_seconds_is_a_number() -> None:
    body = next(m for m in MODELS if m.__name__ == "ConnectionChange")

    assert body.model_validate({"expires_in": 60}).model_dump()["expires_in"] == 60
    for value in (True, "60", "1e3"):
        with pytest.raises(ValidationError):
            body.model_validate({"expires_in": value})
