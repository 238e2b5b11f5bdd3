"""What a platform is told of a content: its text for the channel, and its media."""

from jobs.context import Context
from jobs.errors import Discard, NotFound
from jobs.kept.contents import ContentRow
from jobs.kept.posts import PostRow
from jobs.providers.platforms import Attachment, Post
from jobs.publishing.plan import Media, Plan

MASTODON_LENGTH = 500


async def post_of(context: Context, plan: Plan, post: PostRow) -> Post:
    """Return what the platform is to be told, its media read. Raises Discard for media that are gone."""
    content = plan.content
    return Post(
        idempotency_key=post.idempotency_key,
        content_id=str(content.id),
        title=content.title,
        text=text_for(content, post.channel),
        body=content.body,
        hashtags=content.hashtags,
        language=content.language,
        media=[await attachment(context, one) for one in plan.media],
    )


async def attachment(context: Context, media: Media) -> Attachment:
    """Read an upload. Raises Discard when it is gone."""
    try:
        found = await context.storage.find(media.upload_id)
        data = await context.storage.read(found)
    except NotFound as error:
        raise Discard(f"The upload {media.upload_id} is gone.", code="media_gone") from error
    return Attachment(found.name, found.media_type, media.alt, data)


def text_for(content: ContentRow, channel: str) -> str:
    """Return a content as a channel shows it: its variant, else its body, with the hashtags if they fit."""
    text = content.variants.get(channel) or content.body
    there = text.lower()
    missing = " ".join(f"#{tag}" for tag in content.hashtags if f"#{tag.lower()}" not in there)
    tagged = f"{text}\n\n{missing}" if missing else text
    fits = channel != "mastodon" or len(tagged) <= MASTODON_LENGTH
    return tagged if fits else text
