"""docs/brain-dumps.md says what is so: routes, bounds, statuses, answers, and what the sandbox does."""

import json
import re
from pathlib import Path
from typing import get_args

from jobs.brain_dumps.resource import Status
from jobs.dumping.confirmation import confirmation_of
from jobs.dumping.found import MOST_OPERATIONS
from jobs.dumping.known import MOST_KNOWN_PROJECTS, MOST_KNOWN_TASKS
from jobs.kept.brain_dumps import MOST_BRAIN_DUMPS
from jobs.processors.brain_dump_processing import brain_dump_processing
from service.dev.sandbox.llm import Policy
from service.dev.sandbox.switches import Switch
from service.routes import TABLE
from tests.jobs.dumping.said import project, propose, task

GUIDE = (Path(__file__).parents[2] / "docs" / "brain-dumps.md").read_text(encoding="utf-8")


def test_every_route_is_there() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/brain-dumps[/{}\w]*)", GUIDE))

    assert named == {(method, path) for method, path, _ in TABLE if "/brain-dumps" in path}


def test_bounds_and_statuses_are_right() -> None:
    assert f"at most {MOST_OPERATIONS}." in GUIDE
    assert (
        f"{MOST_KNOWN_TASKS} most pressing open tasks and {MOST_KNOWN_PROJECTS} projects" in GUIDE
    )
    assert f"({MOST_BRAIN_DUMPS:,} a user)" in GUIDE
    [said] = [line for line in GUIDE.splitlines() if line.startswith("`status` is ")]
    assert re.findall(r"`(\w+)`", said)[1:] == list(get_args(Status))


def test_what_is_submitted_and_answered_fits() -> None:
    submitted = re.findall(r'"args": (\{.*?\})\}', GUIDE, re.DOTALL)
    submitted += re.findall(r"--args '(\{.*?\})'", GUIDE)
    answers = re.findall(r"^\| `(\{.*?\})` \|", GUIDE, re.MULTILINE)
    proposal = propose(
        task("Dig", project="Garden"), task("Order seeds", "complete"), projects=[project("Garden")]
    )

    assert [brain_dump_processing.parse(json.loads(args)) for args in submitted]
    accepted = [
        [one.id for one in confirmation_of(proposal).model_validate_json(answer).accepted]
        for answer in answers
    ]
    assert (len(submitted), accepted) == (2, [["op1", "op2", "op3"], [], ["op2"]])


def test_the_sandbox_takes_what_it_is_told() -> None:
    policies = re.findall(r"_policy -d '(\{.*?\})'", GUIDE)
    switches = re.findall(r"_switches/llm -d '(\{.*?\})'", GUIDE)

    assert [Policy.model_validate_json(told) for told in policies]
    assert [Switch.model_validate_json(told) for told in switches]
    assert (len(policies), len(switches)) == (3, 1)
