"""Bad days: webhooks while Redis is away, and after Postgres was."""

from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.webhooks.resource import WebhookWithSecret
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import working
from tests.jobs.providers.site import response
from tests.jobs.webhooks.conftest import passed, put
from tests.jobs.webhooks.receiver import Receiver


async def test_webhooks_are_sent_while_redis_is_away(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    settings: JobsSettings,
    redis_server: RedisServer,
) -> None:
    async with working(settings):
        redis_server.kill()
        await put(resources, webhook.id, job)
        await receiver.wait_for(1)
        await redis_server.restart()


async def test_webhooks_go_on_after_a_crash_of_postgres(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    settings: JobsSettings,
    postgres: PostgresServer,
) -> None:
    async with working(settings):
        await put(resources, webhook.id, job)
        await receiver.wait_for(1)

        postgres.kill()
        await postgres.restart()
        await put(resources, webhook.id, job)
        await receiver.wait_for(2)

    assert len(set(receiver.ids)) == 2


async def test_a_410_while_redis_is_away_disables_all_the_same(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    settings: JobsSettings,
    redis_server: RedisServer,
) -> None:
    receiver.answers = [response(status="410 Gone")]
    redis_server.kill()
    await put(resources, webhook.id, job)

    await passed(resources)

    [row] = await resources.db.fetch("SELECT disabled_at FROM webhooks")
    assert row["disabled_at"] is not None
    assert len(await resources.db.fetch("SELECT * FROM inbox")) == 1
    await redis_server.restart()
