"""What the sandbox's model answers to questions it knows by the name of their schema.

A question of another name is answered generically (``llm_shapes``). A script is given what the messages
say, oldest first, and returns the answer before it becomes JSON; a new one is a file and an entry.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.dev.sandbox.llm_scripts import dump
from service.dev.sandbox.llm_scripts.daily_brief import daily_brief
from service.dev.sandbox.llm_scripts.portrait import portrait
from service.dev.sandbox.llm_scripts.project_plan import project_plan

SCRIPTS: Mapping[str, Callable[[Sequence[str]], Any]] = {
    "project_plan": project_plan,
    "portrait": portrait,
    "dump_context": dump.context,
    "dump_tasks": dump.tasks,
    "daily_brief": daily_brief,
}

__all__ = ["SCRIPTS"]
