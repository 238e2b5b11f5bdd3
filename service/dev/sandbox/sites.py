"""Sites and feeds of other people: the sample site, and feeds that change when they are told to.

GET  /sites/garden/…                       the sample site, with strong ETags and Last-Modified
GET  /sites/news/{rss.xml,atom.xml,feed.json}   one list of items in three dialects
GET  /sites/news/{number}                  the page of an item
GET  /sites/old/feed.xml                   301 to /sites/news/rss.xml
GET  /sites/gone/feed.xml                  410
GET  /sites/broken/feed.xml                a page instead of a feed
POST /sites/_publish                       {"title"?, "summary"?}: a new item on top of the list
GET  /sites/_items                         the list
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

GARDEN = Path(__file__).resolve().parents[3] / "docs" / "samples" / "site"
FIRST_ITEMS = ("The soil under the wall", "Water, and where it goes", "What the seasons bring")
MOST_ITEMS = 50
LONGEST = 2_000
Answering = Callable[[Request], Awaitable[Response]]
Writing = Callable[["list[Post]", str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Post:
    """One item of the feeds. ``number`` counts from 1 and names it for good."""

    number: int
    title: str
    summary: str
    published_at: datetime


class Sites:
    """Everything below ``/sites``; ``posts`` is what the feeds list, newest first."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        for days, title in enumerate(reversed(FIRST_ITEMS), 1):
            self.publish(title, f"{title}: a few words.", timedelta(days=days - len(FIRST_ITEMS)))

    def routes(self) -> list[BaseRoute]:
        """Return its pages."""
        feeds = {"rss.xml": rss, "atom.xml": atom, "feed.json": json_feed}
        return [
            *(Route(f"/news/{name}", self._feed(write)) for name, write in feeds.items()),
            Route("/news/{number:int}", self._post),
            Route("/old/feed.xml", self._moved),
            Route("/gone/feed.xml", self._gone),
            Route("/broken/feed.xml", self._broken),
            Route("/_publish", self._publish, methods=["POST"]),
            Route("/_items", self._items),
            Route("/garden/{path:path}", self._page),
        ]

    def publish(self, title: str, summary: str, ago: timedelta = timedelta(0)) -> Post:
        """Put a new item on top; the oldest of too many is forgotten."""
        number = self.posts[0].number + 1 if self.posts else 1
        at = datetime.now(UTC).replace(microsecond=0) + ago
        self.posts.insert(0, Post(number, title, summary, at))
        del self.posts[MOST_ITEMS:]
        return self.posts[0]

    def _feed(self, write: Writing) -> Answering:
        async def answer(request: Request) -> Response:
            body, media_type = write(self.posts, str(request.url).rpartition("/")[0])
            return validated(request, body.encode(), media_type, self.posts[0].published_at)

        return answer

    async def _publish(self, request: Request) -> Response:
        try:
            given = json.loads(await request.body() or b"{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return JSONResponse({"error": "send a JSON object"}, 400)
        title = str(given.get("title") or f"News {self.posts[0].number + 1}")[:LONGEST]
        post = self.publish(title, str(given.get("summary") or f"{title}, in short.")[:LONGEST])
        return JSONResponse(shown(post), 201)

    async def _items(self, request: Request) -> Response:
        return JSONResponse([shown(post) for post in self.posts])

    async def _post(self, request: Request) -> Response:
        number = request.path_params["number"]
        post = next((one for one in self.posts if one.number == number), None)
        if post is None:
            return Response("There is no such page.", 404, media_type="text/plain")
        title, text = escape(post.title), escape(post.summary)
        page = (
            f"<!doctype html><title>{title}</title><article><h1>{title}</h1><p>{text}</p></article>"
        )
        return validated(request, page.encode(), "text/html; charset=utf-8", post.published_at)

    async def _page(self, request: Request) -> Response:
        file = (GARDEN / (request.path_params["path"] or "index.html")).resolve()
        if not file.is_relative_to(GARDEN) or not file.is_file():
            return Response("There is no such page.", 404, media_type="text/plain")
        modified = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
        media_type = guess_type(file.name)[0] or "application/octet-stream"
        return validated(request, file.read_bytes(), media_type, modified)

    async def _moved(self, request: Request) -> Response:
        return RedirectResponse("../news/rss.xml", 301)

    async def _gone(self, request: Request) -> Response:
        return Response("This feed has ended.", 410, media_type="text/plain")

    async def _broken(self, request: Request) -> Response:
        page = "<!doctype html><title>Back soon</title><p>We are painting the walls.</p>"
        return Response(page, media_type="text/html")


def validated(request: Request, body: bytes, media_type: str, modified: datetime) -> Response:
    """Return ``body`` with a strong ETag and Last-Modified, or 304 to who has it (RFC 9110, §13.2.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    said = {"ETag": tag, "Last-Modified": format_datetime(modified, usegmt=True)}
    tags, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if tags is not None:
        same = tag in [one.strip() for one in tags.split(",")]
    else:
        same = since == said["Last-Modified"]
    if same:
        return Response(status_code=304, headers=said)
    return Response(body, headers={**said, "Content-Type": media_type})


def shown(post: Post) -> dict[str, object]:
    """Return an item as the curious see it."""
    about = {"number": post.number, "title": post.title, "summary": post.summary}
    return {**about, "published_at": post.published_at.isoformat()}


def rss(posts: list[Post], here: str) -> tuple[str, str]:
    """Return the items as RSS 2.0."""
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{here}/{post.number}</link>"
        f'<guid isPermaLink="false">post-{post.number}</guid>'
        f"<pubDate>{format_datetime(post.published_at)}</pubDate>"
        f"<description>{escape(escape(post.summary))}</description></item>\n"
        for post in posts
    )
    head = f"<title>Sandbox news</title><link>{here}</link><description>What is new</description>"
    body = f'<?xml version="1.0"?><rss version="2.0"><channel>{head}\n{items}</channel></rss>'
    return body, "application/rss+xml; charset=utf-8"


def atom(posts: list[Post], here: str) -> tuple[str, str]:
    """Return the items as Atom 1.0."""
    entries = "".join(
        f'<entry><title>{escape(post.title)}</title><link href="{here}/{post.number}"/>'
        f"<id>tag:sandbox.example,2026:{post.number}</id>"
        f"<updated>{post.published_at.isoformat()}</updated>"
        f"<summary>{escape(post.summary)}</summary></entry>\n"
        for post in posts
    )
    head = f'<title>Sandbox news</title><link href="{here}"/><id>tag:sandbox.example,2026:news</id>'
    head += f"<updated>{posts[0].published_at.isoformat()}</updated>"
    head += "<author><name>The sandbox</name></author>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom">{head}\n{entries}</feed>'
    return f'<?xml version="1.0"?>{body}', "application/atom+xml; charset=utf-8"


def json_feed(posts: list[Post], here: str) -> tuple[str, str]:
    """Return the items as JSON Feed 1.1."""
    items = [
        {
            "id": f"post-{post.number}",
            "url": f"{here}/{post.number}",
            "title": post.title,
            "content_text": post.summary,
            "date_published": post.published_at.isoformat(),
        }
        for post in posts
    ]
    about = {"version": "https://jsonfeed.org/version/1.1", "title": "Sandbox news"}
    return json.dumps({**about, "home_page_url": here, "items": items}), "application/feed+json"
