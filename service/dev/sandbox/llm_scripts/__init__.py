"""What the sandbox's model answers to questions it knows by the name of their schema.

A question of another name is answered generically (``llm_shapes``). A script is given what the messages
say, oldest first, and returns the answer before it becomes JSON; a new one is a file and an entry.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.dev.sandbox.llm_scripts import dump

SCRIPTS: Mapping[str, Callable[[Sequence[str]], Any]] = {
    "dump_context": dump.context,
    "dump_tasks": dump.tasks,
}

__all__ = ["SCRIPTS"]
