"""``jobcast webhooks``: where events are sent, what became of each, and sending them again."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.client.models import DeliveryResource, WebhookResource, WebhookWithSecret
from service.commands.arguments import read_delay
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.terminal import AsJson, clean, err, out, show_json, table

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="One webhook or more.")]

webhooks = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="Webhooks: where events are sent."
)


@webhooks.callback()
def show(ctx: typer.Context, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """List my webhooks, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    with connect(url, token) as jobcast:
        found = list(jobcast.webhooks.list())
    if as_json:
        show_json([one.raw for one in found])
    elif found:
        out().print(table_of(found))
    else:
        err().print("No webhooks yet. Make one: jobcast webhooks create URL")


@webhooks.command()
def create(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where events are POSTed.")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help="Like job.failed; default job.*")
    ] = None,
    description: Annotated[str, typer.Option("--description")] = "",
    whole_org: Annotated[bool, typer.Option("--whole-org", help="Of all the org's jobs.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Make a webhook and print its secret. It is not shown again."""
    with connect(url, token) as jobcast:
        events = event or ["job.*"]
        made = jobcast.webhooks.create(
            address, events, description=description, whole_org=whole_org
        )
    reveal(made, as_json=as_json)


@webhooks.command()
def rotate(ident: Id, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Print a new secret; for 24 hours the old one signs too."""
    with connect(url, token) as jobcast:
        made = jobcast.webhooks.rotate(ident)
    reveal(made, as_json=as_json)


@webhooks.command()
def delete(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Delete webhooks, and everything on its way to them."""
    with connect(url, token) as jobcast:
        each(ids, jobcast.webhooks.delete, lambda _: "deleted", as_json=as_json)


@webhooks.command("test")
def try_out(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Send each a webhook.test event."""
    with connect(url, token) as jobcast:
        each(ids, lambda one: jobcast.webhooks.test(one).raw, lambda _: "sent", as_json=as_json)


@webhooks.command()
def deliveries(
    ident: Id,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List what was sent to a webhook, or is on its way, newest first."""
    with connect(url, token) as jobcast:
        found = list(jobcast.webhooks.deliveries(ident, limit))
    if as_json:
        show_json([one.raw for one in found])
    elif found:
        out().print(deliveries_table(found))
    else:
        err().print("Nothing was sent to it yet.")


@webhooks.command()
def replay(
    ident: Id,
    delivery: Annotated[
        list[str] | None, typer.Argument(metavar="[DELIVERY]...", help="These deliveries.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Or the failed ones of the last 90m, 1d.")
    ] = "1d",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Send deliveries again, each under the id it had."""
    ago = read_delay(since, "--since")
    begun = datetime.now(UTC) - ago if ago and not delivery else None
    with connect(url, token) as jobcast:
        count = jobcast.webhooks.replay(ident, delivery or None, since=begun)
    if as_json:
        show_json({"replayed": count})
    else:
        out().print(f"{count} on their way again")


def reveal(made: WebhookWithSecret, *, as_json: bool) -> None:
    """Print a secret, alone on standard output."""
    if as_json:
        show_json(made.raw)
        return
    sys.stdout.write(f"{made.secret}\n")
    err().print(f"Keep it now. The webhook is {made.id}", soft_wrap=True)


def table_of(found: Iterable[WebhookResource]) -> Table:
    """Return webhooks as a table that never folds an id."""
    made = table(("id", "url", "events", "state"), folds=("url", "events", "state"))
    for one in found:
        events = " ".join(one.events) or "final states of its jobs"
        made.add_row(one.id, clean(one.url), clean(events), condition(one))
    return made


def condition(webhook: WebhookResource) -> Text:
    """Return whether it works."""
    if not webhook.enabled:
        return Text(f"disabled: {clean(webhook.disabled_reason or '')}", style="red")
    if webhook.failing_since:
        return Text(f"failing since {webhook.failing_since:%Y-%m-%d %H:%M}", style="yellow")
    return Text("enabled", style="green")


def deliveries_table(found: Iterable[DeliveryResource]) -> Table:
    """Return deliveries as a table that never folds an id."""
    made = table(("id", "event", "state", "tries", "answer", "made"), ["tries"], ["answer"])
    for one in found:
        answer = " ".join(clean(str(part)) for part in (one.status, one.problem) if part)
        state = Text(one.state, style=STATES[one.state])
        when = f"{one.created_at:%Y-%m-%d %H:%M}"
        made.add_row(one.id, clean(one.type), state, str(one.tries), answer, when)
    return made


STATES = {"pending": "blue", "delivered": "green", "failed": "red"}
