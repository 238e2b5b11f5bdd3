"""A draft as people read it while it is written: text out of JSON that is not whole yet."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from jobs.providers.llm_structured import without_fence
from jobs.providers.text import clean

LOOKS = 500
"""Looked at when it has grown by this fraction, so that a long answer costs no more than a short one."""


class LiveText:
    """Makes readable text of an answer that grows; what was shown once stays as it is."""

    def __init__(self) -> None:
        self.stage = ""
        self._shown = ""
        self._looked = 0

    def more(self, answer: str, *, last: bool = False) -> str:
        """Return what can be read by now and was not shown yet."""
        if not last and len(answer) - self._looked <= len(answer) // LOOKS:
            return ""
        self._looked = len(answer)
        try:
            draft = from_json(without_fence(answer), allow_partial="trailing-strings")
        except ValueError:
            return ""
        if not isinstance(draft, dict) or not draft:
            return ""
        self.stage = stage_of(draft)
        text = "\n\n".join(parts(draft))
        new = text[len(self._shown) :] if text.startswith(self._shown) else ""
        self._shown += new
        return new


def stage_of(draft: Mapping[str, Any]) -> str:
    """Return what is being written: the last thing begun."""
    last = list(draft)[-1]
    inner = draft[last]
    if last == "variants" and isinstance(inner, dict) and inner:
        return f"the {list(inner)[-1]} variant"
    return {"hashtags": "hashtags", "variants": "variants"}.get(last, f"the {last}")


def parts(draft: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the draft says so far, in the order it came; only the last may grow."""
    for name, value in draft.items():
        if name == "title" and isinstance(value, str):
            yield f"# {clean(value)}"
        elif name == "body" and isinstance(value, str):
            yield clean(value, spared="\n\t")
        elif name == "hashtags" and isinstance(value, list):
            yield " ".join(f"#{clean(str(tag)).lstrip('#')}" for tag in value)
        elif name == "variants" and isinstance(value, dict):
            for channel, text in value.items():
                yield f"## {clean(str(channel))}"
                yield clean(str(text), spared="\n\t")
