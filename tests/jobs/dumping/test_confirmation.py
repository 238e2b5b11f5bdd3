"""The form a person answers: what it shows, and which answers it takes."""

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from jobs.dumping.confirmation import confirmation_of
from jobs.dumping.operations import Proposal
from jobs.errors import InvalidInput
from jobs.inputs import check_input
from tests.jobs.dumping.said import GARDEN, HOUSE, KNOWN, known_task, project, propose, task

PROPOSAL = propose(
    task("Dig", project="Garden"),
    task("Order seeds", "complete"),
    task("Buy paint", "update", due_on="2026-12-08"),
    projects=[project("Garden")],
)
DIG = {"op": "create_task", "id": "op2", "title": "Dig"}


def schema_of(proposal: Proposal = PROPOSAL) -> dict[str, Any]:
    """Return the schema as Postgres hands it out: without the order of keys."""
    schema = confirmation_of(proposal).model_json_schema()
    found: dict[str, Any] = orjson.loads(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    return found


def test_the_list_shows_what_is_proposed() -> None:
    operations = schema_of()["properties"]["operations"]

    assert operations["x-review"] is True
    assert [(one["op"], one["id"], one["accept"]) for one in operations["default"]] == [
        ("create_project", "op1", True), ("create_task", "op2", True),
        ("complete_task", "op3", True), ("update_task", "op4", True),
    ]  # fmt: skip
    assert operations["items"]["discriminator"]["propertyName"] == "op"
    assert operations["default"][1]["about"] == "New task: Dig · in Garden (new)"


def test_its_fields_have_an_order_and_names_are_only_shown() -> None:
    shape = schema_of()["$defs"]["CreateTask"]

    assert shape["x-order"] == [
        "title", "project", "due_on", "priority", "notes", "id", "about", "accept", "op",
    ]  # fmt: skip
    assert sorted(shape["required"]) == ["id", "op", "title"]
    assert [name for name, of in shape["properties"].items() if of.get("readOnly")] == [
        "about",
        "id",
    ]
    assert shape["properties"]["priority"]["x-labels"]["3"] == "urgent"


def test_a_task_goes_to_a_project_that_is_there_or_proposed() -> None:
    project = schema_of()["$defs"]["UpdateTask"]["properties"]["project"]

    assert project["enum"] == ["", "op1", str(HOUSE)]
    assert project["x-labels"] == {"": "No project", "op1": "Garden (new)", str(HOUSE): "House"}


def test_a_task_may_stay_in_a_project_that_is_not_offered_to_others() -> None:
    known = KNOWN.model_copy(update={"tasks": [known_task(project_id=GARDEN)]})
    proposal = propose(task("Buy paint", "update", due_on="2026-12-08"), known=known)

    answer = confirmation_of(proposal).model_validate({})

    assert (
        schema_of(proposal)["$defs"]["UpdateTask"]["properties"]["project"]["x-labels"][str(GARDEN)]
        == "As it is"
    )
    assert len(answer.accepted) == 1


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ({}, ["op1", "op2", "op3", "op4"]),
        ({"operations": []}, []),
        ({"operations": [DIG]}, ["op2"]),
        ({"operations": [DIG | {"accept": False}]}, []),
        (
            {"operations": [{"op": "complete_task", "id": "op3", "about": "mine"}, DIG]},
            ["op3", "op2"],
        ),
        ({"operations": [DIG | {"project": "op1", "due_on": None, "priority": 3}]}, ["op2"]),
    ],
    ids=["nothing", "empty", "one", "rejected", "two", "changed"],
)
def test_answers_say_what_shall_be_done(answer: dict[str, Any], accepted: list[str]) -> None:
    check_input({"schema": schema_of()}, answer)

    given = confirmation_of(PROPOSAL).model_validate(answer)

    assert [one.id for one in given.accepted] == accepted


@pytest.mark.parametrize(
    "answer",
    [
        {"operations": [DIG | {"id": "op9"}]},
        {"operations": [{"op": "complete_task", "id": "op2"}]},
        {"operations": [DIG, DIG]},
        {"operations": [DIG | {"project": str(GARDEN)}]},
        {"operations": [DIG | {"project": "op3"}]},
        {"operations": [DIG | {"due_on": "soon"}]},
        {"operations": [DIG | {"title": " "}]},
    ],
    ids=["unknown", "other op", "twice", "no such project", "no project", "soon", "blank"],
)
def test_what_only_the_model_can_say_is_refused_by_it(answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        confirmation_of(PROPOSAL).model_validate(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"operations": [{"op": "delete_account", "id": "op1"}]},
        {"operations": [DIG | {"title": ""}]},
        {"operations": [DIG | {"task_id": str(HOUSE)}]},
        {"operations": [DIG | {"priority": 7}]},
        {"operations": [DIG] * 41},
        {"accept": "all"},
        [],
    ],
    ids=["other op", "no title", "a task's id", "priority", "many", "unknown", "a list"],
)
def test_what_does_not_fit_the_schema_is_refused_before_the_job_sees_it(answer: Any) -> None:
    with pytest.raises(InvalidInput):
        check_input({"schema": schema_of()}, answer)


def test_the_largest_form_stays_small() -> None:
    many = [task(f"Dig hole {n}", notes="x" * 100) for n in range(30)]

    schema = schema_of(propose(*many, projects=[project(f"House {n}") for n in range(10)]))

    assert len(orjson.dumps(schema)) < 32_000
