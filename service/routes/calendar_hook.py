"""Where Google's push channels send their messages: checked by the channel's token, then a job looks."""

from uuid import UUID

from starlette.responses import Response

from jobs.calendars.hook import Message
from service.call import CANONICAL_UUID, Call
from service.errors import Problem
from service.operations import Answer, operation

LONGEST_NUMBER = 18
LONGEST_RESOURCE = 1_000
HEADERS = {
    "X-Goog-Channel-ID": "Which of our channels",
    "X-Goog-Channel-Token": "The token that we gave it",
    "X-Goog-Resource-ID": "What it watches",
    "X-Goog-Resource-State": "`sync` when it opens, `exists` or `not_exists` when something changed",
    "X-Goog-Message-Number": "Grows with each message",
}


@operation(
    scope=None,
    headers=HEADERS,
    answers={
        200: Answer("Nothing new in it", media_type=""),
        202: Answer("A job looks at the calendar", media_type=""),
    },
    problems=(400, 401, 404),
)
async def hear_google_calendar(call: Call) -> Response:
    """Take in that something has changed in a calendar. Repeated messages change nothing.

    401 for a token that we did not give the channel, 404 for a channel that is over.
    """
    hook = call.resources.calendars.hook
    ident = call.headers.get("x-goog-channel-id", "")
    token = call.headers.get("x-goog-channel-token", "")
    if not CANONICAL_UUID.fullmatch(ident) or not hook.believes(UUID(ident), token):
        raise Problem(401, "That is no token of this channel.")
    new = await hook.hear(message_of(call, UUID(ident)))
    return Response(status_code=202 if new else 200)


def message_of(call: Call, channel: UUID) -> Message:
    """Return the message that the headers tell. Raises Problem (400) when they tell none."""
    number = call.headers.get("x-goog-message-number", "")
    resource = call.headers.get("x-goog-resource-id", "")
    state = call.headers.get("x-goog-resource-state", "")
    if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER):
        raise Problem(400, "X-Goog-Message-Number must be a number.")
    if not state or len(resource) > LONGEST_RESOURCE:
        raise Problem(400, "The headers of a push message are missing.")
    return Message(channel, resource, state, int(number))
