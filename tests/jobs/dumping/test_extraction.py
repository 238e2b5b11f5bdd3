"""An answer as it streams in: each thing is shown once, as soon as it is whole."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from jobs.dumping.extraction import Costs, Extraction, whole
from jobs.dumping.lines import lines_of
from jobs.kept.brain_dumps import Part
from jobs.providers.llm_structured import Rejected
from jobs.providers.llm_usage import Spending
from tests.jobs.dumping.said import project, task

TASKS = {
    "tasks": [
        task("Call the plumber", due_on="2026-12-04", priority=3),
        task("Buy paint", "update", task="T1", priority=0),
        task("Order seeds", "complete", task="T2"),
        task("Sell the lamp", "drop"),
    ]
}
LINES = [
    "+ Call the plumber · due 2026-12-04 · urgent",
    "~ Buy paint · low",
    "✓ Order seeds",
    "✗ Sell the lamp",
]
CONTEXT = {"about": "house,  garden", "topics": ["house"], "projects": [project("Garden")]}


class Ear:
    """A context that only listens."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.saved: Any = None
        self.restored: Any = None
        self.kept: list[Mapping[str, Any]] = []

    async def output(self, text: str) -> None:
        self.said.append(text)

    async def log(self, message: str, **fields: Any) -> None:
        self.logged = message

    async def checkpoint(self, data: Any) -> None:
        self.saved = data

    async def keep(self, part: Part, found: Mapping[str, Any]) -> None:
        self.kept.append(found)


def extraction(ear: Ear, part: Part = "tasks") -> Extraction:
    costs: Any = Costs(ear, Spending(), None)  # type: ignore[arg-type]  # the part of it that is used
    return Extraction(part, costs, ear.keep)


async def test_each_thing_is_said_when_it_is_whole_and_only_once() -> None:
    ear, answer = Ear(), json.dumps(TASKS)
    following = extraction(ear)

    for end in range(1, len(answer)):
        await following.heard(answer[:end])
    before = list(ear.said)
    await following.heard(answer, last=True)

    assert before == [f"{line}\n" for line in LINES[:3]]
    assert "".join(ear.said).splitlines() == LINES
    assert [len(found["tasks"]) for found in ear.kept] == [1, 2, 3]


async def test_what_it_is_about_is_said_before_the_projects_are_there() -> None:
    ear, answer = Ear(), json.dumps(CONTEXT)
    following = extraction(ear, "context")

    for end in range(1, len(answer)):
        await following.heard(answer[:end])
    await following.heard(answer, last=True)

    assert ear.said == ["About: house, garden\n", "Topic: house\n", "Project: Garden\n"]


async def test_a_corrected_answer_says_only_what_is_new() -> None:
    ear = Ear()
    following = extraction(ear)
    await following.heard(json.dumps({"tasks": TASKS["tasks"][:1]}), last=True)

    await following.rejected(Rejected("{}", ("tasks: too few",)))
    await following.heard(json.dumps(TASKS), last=True)

    assert "".join(ear.said).splitlines() == LINES
    assert ear.saved["rejections"] == {"tasks": {"text": "{}", "problems": ["tasks: too few"]}}
    ear.restored = ear.saved
    resumed = Costs.resumed(ear)  # type: ignore[arg-type]  # the part of it that is used
    assert resumed.rejections == {"tasks": Rejected("{}", ("tasks: too few",))}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("", {}),
        ("nonsense", {}),
        ("[1, 2", {}),
        ('```json\n{"about": "x", "topics": ["a", "b"', {"about": "x", "topics": ["a"]}),
        ('{"about": "x', {}),
        ('{"tasks": [{"action": "create"', {"tasks": []}),
    ],
)
def test_of_what_is_being_written_only_what_is_whole_counts(answer: str, found: Any) -> None:
    assert whole(answer) == found


@pytest.mark.parametrize(
    "found",
    [
        {}, {"tasks": "none"}, {"tasks": [{}, 1, None, {"title": "x"}]},
        {"tasks": [task("")]}, {"tasks": [task("x", "explode")]},
    ],
    ids=["nothing", "no list", "no tasks", "no title", "no such action"],
)  # fmt: skip
def test_what_does_not_fit_has_no_line(found: dict[str, Any]) -> None:
    assert list(lines_of("tasks", found)) == []


def test_control_characters_and_line_breaks_break_no_line() -> None:
    context = {"about": "a\nb\x00\x1b", "topics": ["c\nd", 7], "projects": [project("e\nf")]}

    assert list(lines_of("context", context)) == ["About: a b", "Topic: c d", "Project: e f"]
