"""The sandbox's author: says what it was told, in order, and always the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

TOKEN = re.compile(r"\w+|[^\w\s]")
LABEL = re.compile(r"^([A-Z][\w ]{1,30}): (.+)$", re.MULTILINE)
BULLET = re.compile(r"^[-*] (.+)$", re.MULTILINE)
PAGE = re.compile(r"^<page>\n.*?\n\n(.*?)\n</page>$", re.DOTALL | re.MULTILINE)
CHANNEL = re.compile(r"^[-*] (\w+): .*?at most ([\d,]+) characters", re.MULTILINE)
SENTENCE = re.compile(r"[A-Z][^.!?\n]{20,200}[.!?]")


def tokens(text: str) -> int:
    """Return how many tokens a text is: words and signs."""
    return len(TOKEN.findall(text))


@dataclass(frozen=True, slots=True)
class Notes:
    """What the messages tell: a topic, things to say, facts from pages, channels with their lengths."""

    topic: str
    labels: Mapping[str, str]
    points: Sequence[str]
    facts: Sequence[str]
    channels: Mapping[str, int]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Read messages; what is inside of pages is material, and gives facts only."""
        told = "\n".join(texts)
        plain = PAGE.sub("", told)
        labels = dict(LABEL.findall(plain))
        channels = {name: number(most) for name, most in CHANNEL.findall(plain)}
        points = [p for p in BULLET.findall(plain) if p.split(":")[0] not in channels]
        facts = [s for page in PAGE.findall(told) for s in SENTENCE.findall(page)[:3]]
        topic = labels.get("Topic") or next(iter(plain.strip().splitlines()), "") or "Nothing much"
        return cls(topic.strip().rstrip("."), labels, points, facts, channels)

    @property
    def sentences(self) -> list[str]:
        """Return all there is to say, in order."""
        said = [f"{self.topic}.", *(f"{sentence(point)}" for point in self.points), *self.facts]
        audience, goal = self.labels.get("Audience"), self.labels.get("Goal")
        said += [f"This is for {audience}."] if audience else []
        said += [f"What we hope for: {goal}."] if goal else []
        return said


def number(text: str) -> int:
    """Return a number written with commas."""
    return int(text.replace(",", ""))


def title(notes: Notes, most: int) -> str:
    """Return the topic as a title."""
    return cut(sentence(notes.topic).rstrip("."), most)


def prose(notes: Notes, most: int) -> str:
    """Return a short article in Markdown with a subheading for each thing to say."""
    audience = notes.labels.get("Audience", "everybody")
    parts = [f"{sentence(notes.topic)} Here is what that means for {audience}."]
    parts += [
        f"## {cut(point.rstrip('.'), 60)}\n\n{sentence(point)} It is worth a closer look."
        for point in notes.points
    ]
    parts += notes.facts
    goal = notes.labels.get("Goal")
    parts += [f"Our invitation: {goal}."] if goal else []
    return cut("\n\n".join(parts), most)


def post(notes: Notes, most: int) -> str:
    """Return as many sentences as fit, and the hashtags if there is room."""
    said = ""
    for one in notes.sentences:
        if len(said) + len(one) + 1 > most:
            break
        said = f"{said} {one}".strip()
    said = said or cut(notes.topic, most)
    tags = " ".join(f"#{tag}" for tag in hashtags(notes)[:3])
    return f"{said} {tags}" if len(said) + len(tags) < most else said


def hashtags(notes: Notes) -> list[str]:
    """Return the topic's long words."""
    words = re.findall(r"[^\W\d_]{5,}", notes.topic)
    return list(dict.fromkeys(word.capitalize() for word in words))[:5] or ["News"]


def sentence(point: str) -> str:
    """Return a point as a sentence."""
    stripped = point.strip()
    return stripped[:1].upper() + stripped[1:] + ("" if stripped[-1:] in ".!?" else ".")


def cut(words: str, most: int) -> str:
    """Return at most so many characters, ended between words."""
    if len(words) <= most:
        return words
    return words[: most - 1].rsplit(" ", 1)[0] + "…"
