"""What a job asks for as a schema, and where the faults of an answer are said to be."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from jobs.errors import InvalidInput
from jobs.inputs import check_input, request_schema


class Create(BaseModel):
    op: Literal["create"] = "create"
    title: str = Field(min_length=1)
    due: date | None = None
    priority: int = Field(0, le=3)


class Drop(BaseModel):
    op: Literal["drop"] = "drop"
    task: str


class Review(BaseModel):
    zeal: int | None = None
    operations: list[Annotated[Create | Drop, Field(discriminator="op")]]
    a: int | str = 1


class Ordered(BaseModel):
    model_config = {"json_schema_extra": {"x-order": ["b"]}}

    c: int
    b: Review


def faults(data: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        check_input({"schema": request_schema(Review)}, data)
    return {fault["pointer"]: fault["detail"] for fault in refused.value.errors}


def test_every_object_says_in_which_order_its_properties_were_written() -> None:
    schema = request_schema(Ordered)

    orders = {name: part["x-order"] for name, part in schema["$defs"].items()}
    assert orders == {
        "Create": ["op", "title", "due", "priority"],
        "Drop": ["op", "task"],
        "Review": ["zeal", "operations", "a"],
    }
    assert schema["x-order"] == ["b"]


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    class Odd(BaseModel):
        items: int
        properties: list[str] = []

    assert request_schema(Odd)["x-order"] == ["items", "properties"]


def test_what_fits_is_taken() -> None:
    data = {"operations": [{"op": "create", "title": "Dig"}, {"op": "drop", "task": "7"}]}

    check_input({"schema": request_schema(Review)}, data)


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ({}, ["/operations"]),
        ({"operations": [], "zeal": "much"}, ["/zeal"]),
        ({"operations": [], "a": []}, ["/a"]),
        ({"operations": [{"op": "create", "title": "", "priority": 9}]},
         ["/operations/0/title", "/operations/0/priority"]),
        ({"operations": [{"op": "drop"}, {"op": "create"}]},
         ["/operations/0/task", "/operations/1/title"]),
        ({"operations": [{"op": "burn"}]}, ["/operations/0"]),
        ([], [""]),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_can_be_mended(data: Any, places: list[str]) -> None:
    assert list(faults(data)) == places


def test_a_missing_field_is_said_to_be_required_once() -> None:
    missing = faults({"operations": [{"op": "create"}], "zeal": "much"})

    assert missing["/operations/0/title"] == "This field is required"
    assert "integer" in missing["/zeal"]


def test_no_more_faults_are_told_than_anybody_reads() -> None:
    many = faults({"operations": [{"op": "create", "title": ""}] * 100})

    assert len(many) == 20
