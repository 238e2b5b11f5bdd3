"""Which item of a feed is which, so that each is kept once however often it comes.

An item is its guid, without one its link, without that its words. A feed whose guids or links name several
different items is distrusted for good: there an item is its guid *and* link, or its words.
"""

from collections.abc import Iterable
from dataclasses import astuple
from hashlib import sha256
from itertools import groupby

import orjson

from jobs.providers.feed import Item


def identified(items: Iterable[Item], ids_repeat: bool) -> tuple[dict[str, Item], bool]:
    """Return the items by identity, the first of each, and whether the feed is distrusted now."""
    given = list(items)
    ids_repeat = ids_repeat or any_repeats(given)
    found: dict[str, Item] = {}
    for item in given:
        found.setdefault(identity(item, ids_repeat), item)
    return found, ids_repeat


def any_repeats(items: list[Item]) -> bool:
    """Return whether a guid stands for several links, or a link for several titles."""
    named = sorted({(name_of(item), meaning_of(item)) for item in items if name_of(item)})
    return any(len(list(same)) > 1 for _, same in groupby(named, key=lambda pair: pair[0]))


def name_of(item: Item) -> str:
    """Return what a trusted feed's item goes by, "" when only its words are left."""
    if item.guid:
        return f"guid {item.guid}"
    return f"link {item.url}" if item.url else ""


def meaning_of(item: Item) -> str:
    """Return what must be the same in two items of one name."""
    return item.url if item.guid else item.title


def identity(item: Item, ids_repeat: bool) -> str:
    """Return what an item is kept under.

    ``jobs.kept.feeds`` says the same in SQL for those kept before a feed was distrusted.
    """
    if ids_repeat and item.guid:
        name = f"both {item.guid} {item.url}"
    elif ids_repeat or not name_of(item):
        name = f"words {item.url} {item.title or item.summary}"
    else:
        name = name_of(item)
    return sha256(name.encode()).hexdigest()


def digest(item: Item) -> str:
    """Return the hash of all that an item says."""
    return sha256(orjson.dumps(astuple(item))).hexdigest()
