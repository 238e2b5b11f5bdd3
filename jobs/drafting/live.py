"""A draft as people read it while it is written: the parts that its answer has so far."""

from collections.abc import Iterator, Mapping
from typing import Any

STAGES = {"title": "the title", "body": "the body", "hashtags": "hashtags"}


def parts(draft: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the draft says so far, each part under its name; only the last one may grow."""
    for name, value in draft.items():
        if name == "title" and isinstance(value, str):
            yield name, f"# {value}"
        elif name == "body" and isinstance(value, str):
            yield name, value
        elif name == "hashtags" and isinstance(value, list):
            yield name, " ".join(f"#{str(tag).lstrip('#')}" for tag in value)
        elif name == "variants" and isinstance(value, dict):
            for channel, text in value.items():
                yield str(channel), f"## {channel}\n\n{text}"


def stage(lengths: Mapping[str, int]) -> str:
    """Return which part is being written, told by how long each is by now."""
    last = list(lengths)[-1] if lengths else ""
    return STAGES.get(last, f"the {last} variant" if last else "the draft")
