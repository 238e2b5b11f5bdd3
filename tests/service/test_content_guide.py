"""docs/kinds-content.md says what is so: channels, variables, routes, and the sandbox's words."""

import re
from pathlib import Path
from typing import get_args

from jobs.drafting.channels import CHANNELS
from jobs.kept.contents import MOST_CONTENTS
from jobs.settings import JobsSettings
from service.dev.sandbox.llm import Mishap
from service.routes import TABLE

GUIDE = (Path(__file__).parents[2] / "docs" / "kinds-content.md").read_text(encoding="utf-8")


def test_every_channel_is_named_with_its_length() -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith("| `channels`"))
    named = re.findall(r"`(\w+)` \(([\d,]+)", row)

    wanted = {name: channel.limit for name, channel in CHANNELS.items()}
    assert {name: int(limit.replace(",", "")) for name, limit in named} == wanted


def test_every_variable_of_the_model_is_there() -> None:
    named = {name.lower() for name in re.findall(r"`(LLM_\w+)`", GUIDE)}

    assert named == {name for name in JobsSettings.model_fields if name.startswith("llm_")}


def test_every_route_is_there() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/contents[/{}\w]*)", GUIDE))

    assert named == {(method, path) for method, path, _ in TABLE if "/contents" in path}


def test_every_word_of_the_sandbox_is_there() -> None:
    words = next(line for line in GUIDE.splitlines() if line.startswith("Words: "))

    assert re.findall(r"[a-z_]{3,}", words.split("`")[1]) == list(get_args(Mishap))


def test_the_most_one_may_have_is_right() -> None:
    assert f"({MOST_CONTENTS:,} a user)" in GUIDE
