"""A draft as it must come back from the model: its schema, and the reading of an answer."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from jobs.asking.schema import strict
from jobs.asking.words import storable
from jobs.drafting.channels import CHANNELS, ChannelName, too_long
from jobs.providers.llm_structured import Unfit

MAX_TITLE = 200
MAX_BODY = 20_000
MAX_HASHTAGS = 10
HASHTAG = re.compile(r"[^\W_]\w{0,49}")


def bare(tag: object) -> object:
    """Return a hashtag without its sign and spaces."""
    return re.sub(r"\s+", "", tag).lstrip("#") if isinstance(tag, str) else tag


def word(tag: str) -> str:
    """Return a tag that is one word. Raises ValueError.

    Not by a pattern of pydantic's: its engine takes 4 MB for so many letters of all alphabets.
    """
    if not HASHTAG.fullmatch(tag):
        raise ValueError("a hashtag is one word of at most 50 letters and digits")
    return tag


def distinct(tags: list[str]) -> list[str]:
    """Return the tags without those that differ from an earlier one by case only."""
    kept: dict[str, str] = {}
    for tag in tags:
        kept.setdefault(tag.casefold(), tag)
    return list(kept.values())


Title = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TITLE), BeforeValidator(storable)
]
Body = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_BODY), BeforeValidator(storable)
]
Text = Annotated[str, StringConstraints(min_length=1), BeforeValidator(storable)]
Hashtag = Annotated[str, AfterValidator(word), BeforeValidator(bare)]
Hashtags = Annotated[list[Hashtag], Field(max_length=MAX_HASHTAGS), AfterValidator(distinct)]


class Draft(BaseModel):
    """A text, and a version of it for each channel it is meant for."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    body: Body = Field(description="Markdown")
    hashtags: Hashtags = Field(description="Without the sign")
    variants: dict[ChannelName, Text] = Field(description="By channel, within its length")


def schema_for(channels: Sequence[ChannelName]) -> dict[str, Any]:
    """Return the strict JSON Schema of a draft for ``channels``.

    Strict mode takes no lengths; they are in the descriptions, and checked by ``read_draft``.
    """
    variants = {
        name: {
            "type": "string",
            "description": f"{CHANNELS[name].manner}; at most {CHANNELS[name].limit} characters",
        }
        for name in channels
    }
    title = {"type": "string", "description": f"At most {MAX_TITLE} characters"}
    body = {"type": "string", "description": "The whole text in Markdown, without the title"}
    tags = {"type": "array", "items": {"type": "string"}, "description": "3 to 5, without #"}
    return strict({"title": title, "body": body, "hashtags": tags, "variants": strict(variants)})


def read_draft(value: Any, channels: Sequence[ChannelName]) -> Draft:
    """Return the draft in an answer. Raises Unfit or pydantic's ValidationError."""
    draft = Draft.model_validate(value)
    missing = [f"variants.{name}: is missing" for name in channels if name not in draft.variants]
    if problems := missing + too_long(draft.variants):
        raise Unfit(problems)
    return draft.model_copy(update={"variants": {name: draft.variants[name] for name in channels}})
