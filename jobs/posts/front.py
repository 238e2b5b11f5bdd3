"""The front of the posts: what their owners may look at. Others' do not exist."""

from dataclasses import asdict
from uuid import UUID

from jobs import store
from jobs.db import Database
from jobs.errors import NotFound
from jobs.place import Place
from jobs.posts.resource import (
    LearningFilter,
    LearningList,
    LearningResource,
    MeasuredPost,
    PostFilter,
    PostPage,
    PostResource,
    SampleResource,
)
from realtime.caller import Caller


class Posts:
    """Shows what jobs have published and measured."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, wanted: PostFilter) -> PostPage:
        """Return a page of the caller's posts, newest first. Raises BadCursor."""
        behind = Place.behind(wanted.after)
        owner, which = (caller.org, caller.user), (wanted.states, wanted.content_id)
        rows = await store.list_posts(self._db, owner, which, behind, wanted.limit + 1)
        return PostPage.cut(rows, wanted.limit, PostResource.of)

    async def get(self, caller: Caller, ident: UUID) -> MeasuredPost:
        """Return a post with its samples. Raises NotFound."""
        row = await store.find_post(self._db, (caller.org, caller.user), ident)
        if row is None:
            raise NotFound
        samples = [
            SampleResource.model_validate(sample, from_attributes=True)
            for sample in await store.samples_of(self._db, ident)
        ]
        return MeasuredPost(**dict(PostResource.of(row)), samples=samples)

    async def learnings(self, caller: Caller, wanted: LearningFilter) -> LearningList:
        """Return what is learnt of the caller's posts, what brings most first."""
        owner = (caller.org, caller.user)
        asked = (wanted.facet, wanted.brand, wanted.metric, wanted.limit)
        rows = await store.list_learnings(self._db, owner, *asked)
        return LearningList(
            data=[LearningResource(**asdict(row), mean=row.total / row.posts) for row in rows]
        )
