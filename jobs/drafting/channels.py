"""Where a text may go, how long it may be there, and what manner fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ChannelName = Literal["mastodon", "bluesky", "linkedin", "blog", "newsletter"]


@dataclass(frozen=True, slots=True)
class Channel:
    """``limit`` and ``usual`` are lengths in characters; ``manner`` is for the model."""

    limit: int
    usual: int
    manner: str


CHANNELS: Mapping[ChannelName, Channel] = {
    "mastodon": Channel(500, 350, "one post in plain text, hashtags at its end"),
    "bluesky": Channel(300, 220, "one post in plain text"),
    "linkedin": Channel(3_000, 900, "plain text in short paragraphs, ends with a question"),
    "blog": Channel(20_000, 3_000, "an article in Markdown with subheadings"),
    "newsletter": Channel(10_000, 1_500, "a letter in Markdown that speaks to the reader"),
}


def too_long(variants: Mapping[ChannelName, str]) -> list[str]:
    """Return a sentence for each text that is longer than its channel takes."""
    return [
        f"variants.{name}: {len(text)} characters, at most {channel.limit} are allowed"
        for name, channel in CHANNELS.items()
        if len(text := variants.get(name, "")) > channel.limit
    ]
