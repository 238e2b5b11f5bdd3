"""Kinds that are good to look at: a newsletter that is written article by article."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from jobs import Context, Discard, processor

SLOWER: Final = 3
"""How much slower the jobs are than they are shown: a busy machine takes few pictures a second."""

ARTICLES: Final = {
    "Tides": "Twice a day the sea comes up to the garden wall and looks over it. The salt it leaves "
    "behind is why the roses stand in pots.",
    "Soil": "A spoonful of good soil holds more living things than there are people. Feed them "
    "leaves, and they will feed your beans.",
    "Rain": "What falls on the roof in one wet week waters the whole garden in a dry one. A barrel "
    "is all it takes.",
}


class Issue(BaseModel):
    """What the newsletter is about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topics": list(ARTICLES)}]})

    topics: list[str] = Field(min_length=1, max_length=5)


class Topic(BaseModel):
    """One of its topics."""

    topic: str


class Article(BaseModel):
    """What was written."""

    topic: str
    text: str


class Newsletter(BaseModel):
    """The whole issue."""

    articles: list[Article]
    words: int


@processor("article", timeout=timedelta(minutes=1))
async def article(context: Context, args: Topic) -> Article:
    """Write about a topic, word by word. Twice writes the same."""
    text = ARTICLES.get(args.topic, args.topic)
    for number, word in enumerate(words := text.split(), start=1):
        await context.output(f"{word} ")
        await context.progress(number / len(words), f"{number} of {len(words)} words")
        await context.sleep(0.09 * SLOWER)
    return Article(topic=args.topic, text=text)


@processor("newsletter", timeout=timedelta(minutes=1))
async def newsletter(context: Context, args: Issue) -> Newsletter:
    """Have each topic written by a child, then put the issue together. Twice makes the same issue."""
    await context.log("planning the issue", topics=len(args.topics))
    await context.sleep(0.3 * SLOWER)
    children = [await context.enqueue("article", {"topic": topic}) for topic in args.topics]
    await context.progress(0.1, f"{len(children)} articles are being written")
    articles = [Article.model_validate(each) for each in await context.gather(children)]
    for number, each in enumerate(articles, start=1):
        for word in f"{each.topic}: {each.text}".split():
            await context.output(f"{word} ")
            await context.sleep(0.03 * SLOWER)
        await context.output("\n\n")
        await context.progress(0.4 + 0.6 * number / len(articles), f"{each.topic} is in its place")
    return Newsletter(articles=articles, words=sum(len(a.text.split()) for a in articles))


class Invoice(BaseModel):
    """Whom to bill."""

    customer: int


@processor("invoice", notify=False)
async def invoice(context: Context, args: Invoice) -> int:
    """Bill a customer; every seventh has no address. Twice bills once: nothing is billed at all."""
    await context.sleep(0.05 * (1 + args.customer % 5))
    if args.customer % 7 == 0:
        raise Discard(f"Customer {args.customer} has no address.", code="no_address")
    return args.customer
