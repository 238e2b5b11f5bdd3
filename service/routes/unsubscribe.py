"""The link in a mail: a page with a button for people, one click for mail programs (RFC 8058).

Looking changes nothing, since programs look at every link; only POST does. Who has the link is who got the
mail, so nobody signs in, and the page tells neither who sent it nor the whole address.
"""

import base64
from hashlib import sha256
from html import escape

from pydantic import Field
from starlette.responses import HTMLResponse, Response

from jobs.emails.resource import Subscription
from jobs.mail.lists import MailingList
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation

STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;"
    "padding:0 1em}button{font:inherit;padding:.5em 1em}"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{words}</p>
{form}
</body>
</html>
"""
FORM = '<form method="post" action="{action}"><button>{label}</button></form>'
STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # without any, a form's origin is null, which looks like another's
}
NAMES = {
    MailingList.HANDOFF: "notifications that you have not seen",
    MailingList.BRIEF: "your daily brief",
    MailingList.OTHER: "mail like this",
}
BACK = {
    MailingList.HANDOFF: "Your preferences turn it on again.",
    MailingList.BRIEF: "Your preferences turn it on again.",
    MailingList.OTHER: "If that was a mistake:",
}


class UnsubscribeQuery(Body):
    """Which way."""

    again: bool = Field(False, description="`true`: send such mail again, after all")


@operation(
    scope=None,
    query=UnsubscribeQuery,
    answers={200: Answer("A page with a button", media_type="text/html")},
    problems=(404, 422),
)
async def show_unsubscribe(call: Call) -> Response:
    """Show what a mail's link would unsubscribe from. Changes nothing."""
    call.query_as(UnsubscribeQuery)
    found = await call.resources.emails.subscription(call.path_params["token"])
    words = f"Send {NAMES[found.list]} to {found.address} no more?"
    return page("Unsubscribe", words, form("?", "Unsubscribe"))


@operation(
    scope=None,
    query=UnsubscribeQuery,
    answers={200: Answer("A page that says so", media_type="text/html")},
    problems=(404, 422),
)
async def unsubscribe(call: Call) -> Response:
    """Unsubscribe by a mail's link, which mail programs do in one click. Again changes nothing.

    With `again=true` mail that no preference tells of (`other`) is sent again.
    """
    token, emails = call.path_params["token"], call.resources.emails
    if call.query_as(UnsubscribeQuery).again:
        found = await emails.resubscribe(token)
        return page("Thank you", f"{found.address} may get {NAMES[found.list]} again.")
    return done(await emails.unsubscribe(token))


def done(found: Subscription) -> Response:
    """Say that it is done, and how to take it back."""
    words = f"{found.address} gets no more {NAMES[found.list]}. {BACK[found.list]}"
    other = found.list is MailingList.OTHER
    return page("Unsubscribed", words, form("?again=true", "Send it again") if other else "")


def form(action: str, label: str) -> str:
    """Return a button that posts to the page itself."""
    return FORM.format(action=action, label=label)


def page(title: str, words: str, button: str = "") -> Response:
    """Return a page."""
    shown = PAGE.format(title=title, style=STYLE, words=escape(words), form=button)
    return HTMLResponse(shown, headers=HEADERS)
