"""docs/kinds-publishing.md says what is so: routes, codes, numbers, the sandbox's secrets and policies."""

import re
from pathlib import Path

from jobs.kept.samples import ANALYTICS_DAYS
from jobs.processors.content_publishing import MOST_MEDIA, Args
from jobs.providers.platforms.choice import PLATFORMS
from jobs.providers.platforms.mastodon import MOST_PAGES, PAGE, REMEMBERS
from jobs.providers.platforms.statuses import METRICS
from jobs.providers.platforms.webhook import MOST_MEDIA_BYTES
from jobs.publishing.wording import MASTODON_LENGTH
from service.dev.sandbox.mastodon import Policy
from service.dev.sandbox.sink import SECRET
from service.routes import TABLE

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "kinds-publishing.md").read_text(encoding="utf-8")
SOURCES = [
    ROOT / "jobs" / "processors" / "content_publishing.py",
    ROOT / "jobs" / "processors" / "analytics_collection.py",
    *(ROOT / "jobs" / "publishing").glob("*.py"),
    *(ROOT / "jobs" / "providers" / "platforms").glob("*.py"),
]


def test_every_route_is_there() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/(?:posts|learnings)[/{}\w]*)", GUIDE))

    wanted = {(m, p) for m, p, _ in TABLE if p.startswith(("/api/posts", "/api/learnings"))}
    assert named == wanted


def test_every_code_that_ends_a_job_is_there() -> None:
    code = re.compile(r'(?:code="|Discard\([^()]*", ")(\w+)"')
    codes = {found for file in SOURCES for found in code.findall(file.read_text(encoding="utf-8"))}

    assert len(codes) > 8
    assert {found for found in codes if f"`{found}`" not in GUIDE} == set()


def test_its_numbers_are_right() -> None:
    assert f"younger than {ANALYTICS_DAYS} days" in GUIDE
    assert f"at most {MOST_MEDIA} uploads" in GUIDE
    assert f"in {MASTODON_LENGTH} characters" in GUIDE
    assert f"within {REMEMBERS.total_seconds() / 60:g} minutes" in GUIDE
    assert f"more than {MOST_PAGES * int(PAGE):,} times" in GUIDE
    assert f"{PAGE} posts a call" in GUIDE
    assert f"{MOST_MEDIA_BYTES // 1024**2} MiB of media" in GUIDE


def test_its_names_are_right() -> None:
    assert all(f"| `{name}` |" in GUIDE for name in Args.model_fields)
    assert all(f"`{name}`" in GUIDE for name in (*METRICS.values(), *PLATFORMS))
    assert SECRET in GUIDE
    policies = re.findall(r"_policy -d '\{\"(\w+)\"", GUIDE)
    assert set(policies) <= Policy.model_fields.keys()
    assert len(policies) > 2
