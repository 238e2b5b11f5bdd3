"""A feed's bytes read into items. Pure; runs in the process pool.

What the XML dialects need takes megabytes, so only the child that reads a feed loads it.
"""

import re

from jobs.errors import Discard
from jobs.providers.encodings import decode
from jobs.providers.feed import Feed

UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML may hold: XML 1.0, §2.2."""


def read_feed(body: bytes, charset: str | None, url: str) -> Feed:
    """Return the feed at ``url``: RSS, Atom, RDF or JSON Feed, whatever its media type says.

    Broken markup is read as far as it goes. Raises Discard (``not_a_feed``) for anything else.
    """
    source = UNFIT.sub("", decode(body, charset)).lstrip("\ufeff \r\n\t")
    if not source:
        raise Discard("The feed is empty.", code="not_a_feed")
    if source[0] in "{[":
        from jobs.providers.json_feed import read_json  # noqa: PLC0415 - see the module

        return read_json(source, url)
    from jobs.providers.feed_reading import read_xml  # noqa: PLC0415

    return read_xml(source, url)
