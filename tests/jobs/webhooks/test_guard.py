"""Where webhooks never go (S52-S55): refused when they are made, and again at every try."""

from uuid import UUID

import pytest

from jobs.errors import InvalidWebhook
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.webhooks.address import checked
from tests.jobs.providers.site import response
from tests.jobs.providers.test_web_guard import HOSTILE
from tests.jobs.webhooks.conftest import delivery, make, passed, put
from tests.jobs.webhooks.receiver import Receiver


@pytest.fixture
def settings(settings: JobsSettings) -> JobsSettings:
    """Allow no private host at all."""
    return settings.model_copy(update={"web_allow_private": ""})


@pytest.mark.parametrize("url", HOSTILE)
def test_what_can_never_be_right_is_refused_when_it_is_named(url: str) -> None:
    with pytest.raises(InvalidWebhook):
        checked(url.format(port=80), [])


def test_a_good_address_is_kept_in_one_form() -> None:
    assert checked("HTTPS://Example.COM/a?b=c#d", []) == "https://example.com/a?b=c"
    assert checked("https://example.com:8443/", []) == "https://example.com:8443/"


def test_a_private_address_may_be_allowed_with_its_port_and_no_other() -> None:
    allowed = ["127.0.0.1:9000"]

    assert checked("http://127.0.0.1:9000/hook", allowed) == "http://127.0.0.1:9000/hook"
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.1/", "http://127.0.0.2:9000/"):
        with pytest.raises(InvalidWebhook):
            checked(url, allowed)


@pytest.fixture
async def moved(resources: Resources, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the receiver's own port among the usual ones: only its address is to be refused."""
    monkeypatch.setattr(
        "jobs.providers.transport.PORTS", frozenset({80, 443, 8080, 8443, receiver.port})
    )


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_try_refuses_what_got_into_the_record_without_a_connection(
    resources: Resources, moved: None, receiver: Receiver, job: JobResource, url: str
) -> None:
    ident = await pointed(resources, job, url.format(port=receiver.port))

    await passed(resources)

    row = await delivery(resources, ident)
    assert receiver.connections == 0
    assert (row["status"], row["delivered_at"], row["tries"]) == (None, None, 1)
    assert row["problem"]


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
async def test_a_name_that_leads_to_a_private_address_is_refused_at_the_try(
    resources: Resources,
    moved: None,
    receiver: Receiver,
    job: JobResource,
    answers: list[str],
) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return answers

    ident = await pointed(resources, job, f"http://rebind.example.com:{receiver.port}/")

    await passed(resources, resolver)

    assert receiver.connections == 0
    assert "its address is" in (await delivery(resources, ident))["problem"]


async def test_a_second_dns_answer_changes_nothing(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    name = f"rebind.example.com:{receiver.port}"
    allowing = resources.settings.model_copy(update={"web_allow_private": name})
    await pointed(resources, job, f"http://{name}/hook")

    await passed(resources, rebinding, allowing)

    assert len(asked) == receiver.connections == 1
    assert receiver.messages[0].headers["host"] == name


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Moved", "308 Moved"])
@pytest.mark.parametrize("place", ["http://169.254.169.254/", "file:///etc/passwd", "{other}"])
async def test_a_redirect_is_never_followed(
    resources: Resources, receiver: Receiver, job: JobResource, status: str, place: str
) -> None:
    async with Receiver.open() as other:
        allowing = resources.settings.model_copy(
            update={"web_allow_private": f"{receiver.host},{other.host}"}
        )
        location = place.format(other=other.url("/"))
        receiver.answers = [response(status=status, location=location)]
        ident = await pointed(resources, job, receiver.url("/hook"))

        await passed(resources, settings=allowing)

        row = await delivery(resources, ident)
        assert (receiver.connections, other.connections) == (1, 0)
        assert row["status"] == int(status[:3])
        assert "redirects are not followed" in row["problem"]


async def pointed(resources: Resources, job: JobResource, url: str) -> UUID:
    """Put an event on its way to ``url``, past the check."""
    webhook = await make(resources, "https://example.com/hook")
    await resources.db.fetch("UPDATE webhooks SET url = $2 WHERE id = $1", webhook.id, url)
    return await put(resources, webhook.id, job)
