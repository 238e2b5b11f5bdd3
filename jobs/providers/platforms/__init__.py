"""Places where contents are published, one file a platform, behind one small interface.

Reading order: ``platform`` (the interface, and what crosses it) · ``mastodon`` with ``statuses`` (what its
API says) and ``multipart`` (how files go there) · ``webhook`` · ``choice`` (which it is).
"""

from jobs.providers.platforms.choice import Platforms
from jobs.providers.platforms.platform import (
    Attachment,
    MetricsPage,
    Platform,
    Post,
    PostRef,
    PublishedPost,
    Sample,
)

__all__ = [
    "Attachment",
    "MetricsPage",
    "Platform",
    "Platforms",
    "Post",
    "PostRef",
    "PublishedPost",
    "Sample",
]
