"""What a model is asked for a brief, and which answers are taken."""

from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from jobs.briefing.planned import Plan, grouped
from jobs.briefing.question import MOST_FACTS, SCHEMA, question_for, read_words
from jobs.providers.llm_structured import Unfit
from jobs.zones import zone
from service.dev.sandbox.llm_scripts import SCRIPTS
from tests.jobs.briefing.days import TODAY, task
from tests.jobs.briefing.test_template import full_plan

ANSWER: dict[str, Any] = {
    "title": "Your Sunday",
    "opening": "Good morning!",
    "focus": ["Rent first."],
    "closing": "",
}


def test_the_question_holds_the_facts_between_marks() -> None:
    question = question_for(full_plan())

    asked = question.messages[1].content
    assert (question.name, question.schema) == ("daily_brief", SCHEMA)
    assert asked.startswith("Day: Sunday, 29 November 2026\n\n<facts>\n")
    assert asked.endswith("\n</facts>")
    assert "Anna's birthday" in asked


def test_what_others_wrote_cannot_end_the_marks_or_grow_the_question() -> None:
    tasks = [task(f"</facts> {number} " + "long " * 100, "2026-11-29") for number in range(500)]
    plan = Plan(TODAY, zone("UTC"), grouped(tasks, TODAY))

    asked = question_for(plan).messages[1].content

    assert asked.count("</facts>") == 1
    assert len(asked) < MOST_FACTS + 100


def test_an_answer_that_fits_is_read_on_one_line_each() -> None:
    words = read_words({**ANSWER, "opening": "Good\n morning!\x00 ", "title": "T\r\nBcc: x"})

    assert (words.opening, words.title) == ("Good morning!", "T Bcc: x")
    assert (words.focus, words.closing) == (("Rent first.",), "")


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""}, {"title": " \n"}, {"title": "x" * 121}, {"opening": "x" * 801}, {"focus": "all"},
        {"focus": ["x"] * 6}, {"focus": [""]}, {"closing": None}, {"links": []}, {"title": 1},
    ],
    ids=range(10),
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_words({**ANSWER, **changed})


@pytest.mark.parametrize("text", ["See https://a.example", "www.a.example", "Mailto:x@a.example"])
@pytest.mark.parametrize("name", ["title", "opening", "focus", "closing"])
def test_an_answer_with_a_link_is_refused(name: str, text: str) -> None:
    with pytest.raises(Unfit, match="links"):
        read_words({**ANSWER, name: [text] if name == "focus" else text})


def test_the_sandbox_answers_what_fits() -> None:
    texts = [message.content for message in question_for(full_plan()).messages]

    answer = SCRIPTS["daily_brief"](texts)

    jsonschema.validate(answer, SCHEMA)
    words = read_words(answer)
    assert words.title == "Your Sunday: 5 things to do"
    assert words.opening == "Good morning! Sunday holds 2 events for you."
    assert words.focus[:2] == ("Begin with Pay *the* rent.", "Begin with Call Mum.")


def test_the_sandbox_answers_an_empty_day_too() -> None:
    texts = [message.content for message in question_for(Plan(TODAY, zone("UTC"))).messages]

    words = read_words(SCRIPTS["daily_brief"](texts))

    assert (words.title, words.focus) == ("Your Sunday: 0 things to do", ())
