"""An answer as people read it while it is written: text out of JSON that is not whole yet."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from jobs.providers.llm_structured import without_fence
from jobs.providers.text import clean

Parts = Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]
"""Yields what an answer says so far, each part under its name; only the last one may grow."""
LOOKS = 500
"""Looked at when it has grown by this fraction, so that a long answer costs no more than a short one."""


class LiveText:
    """Makes readable text of an answer that grows; what was shown once stays as it is.

    ``lengths`` tells how long each part is by now, in the order they came: the last is being written.
    """

    def __init__(self, parts: Parts) -> None:
        self.lengths: Mapping[str, int] = {}
        self._parts = parts
        self._shown = ""
        self._looked = 0

    def more(self, answer: str, *, last: bool = False) -> str:
        """Return what can be read by now and was not shown yet."""
        if not last and len(answer) - self._looked <= len(answer) // LOOKS:
            return ""
        self._looked = len(answer)
        try:
            value = from_json(without_fence(answer), allow_partial="trailing-strings")
        except ValueError:
            return ""
        found = dict(self._parts(value)) if isinstance(value, dict) else {}
        self.lengths = {name: len(text) for name, text in found.items()}
        text = "\n\n".join(found.values())
        if not text.startswith(self._shown):
            return ""
        new, self._shown = text[len(self._shown) :], text
        return clean(new, spared="\n\t")
