"""The examples of docs/testing.md, run as they are written."""

import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = "docs_testing_examples"


def examples() -> ModuleType:
    """Return the page's code as one module, importable, so that its functions can be pickled."""
    module = sys.modules[NAME] = ModuleType(NAME)
    for block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        exec(compile(block, str(PAGE), "exec"), vars(module))  # noqa: S102 - our own page
    return module


EXAMPLES = {name: value for name, value in vars(examples()).items() if name.startswith("test_")}


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_does_what_the_page_says(name: str) -> None:
    example: Callable[[], Awaitable[None]] = EXAMPLES[name]

    await example()
