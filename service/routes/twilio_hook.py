"""Twilio's call-backs: how a message fares, believed only with Twilio's signature."""

from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import Field, field_validator
from starlette.responses import Response

from jobs.providers.twilio_signature import Field as FormField
from jobs.providers.twilio_signature import is_signed
from jobs.texting.fate import CallBack
from service.bodies import Body, checked
from service.call import Call
from service.errors import Problem
from service.operations import Answer, operation

PATH = "/hooks/twilio/status"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100


class Whose(Body):
    """Our own names in the URL that a message was sent with; a URL set at Twilio has none."""

    message: UUID | None = None
    sending: int | None = Field(None, ge=1, le=1_000)


class Status(Body):
    """The fields that are read, of those in the form."""

    sid: str = Field(alias="MessageSid", pattern=r"^[A-Za-z0-9]{1,64}$")
    status: str = Field(alias="MessageStatus", pattern=r"^[A-Za-z_-]{1,32}$")
    error_code: int | None = Field(None, alias="ErrorCode", ge=0, le=10**6)

    @field_validator("error_code", mode="before")
    @classmethod
    def empty_is_none(cls, given: object) -> object:
        """Read an empty field as one that is not there."""
        return given or None


@operation(
    scope=None,
    query=Whose,
    body_types=(FORM,),
    headers={"X-Twilio-Signature": "HMAC-SHA1 of the URL and the form by TWILIO_AUTH_TOKEN"},
    answers={204: Answer("Heard")},
    problems=(403, 404, 409, 415, 422),
)
async def hear_twilio(call: Call) -> Response:
    """Hear from Twilio how a text message fares.

    403 without Twilio's signature of this URL and form, 409 for what was told before. A state that is older
    than the one known changes nothing.
    """
    fields = await form_of(call)
    check_signature(call, fields)
    whose = call.query_as(Whose)
    names = {field.alias for field in Status.model_fields.values()}
    told = checked(Status, {name: value for name, value in fields if name in names})
    call_back = CallBack(told.sid, told.status, told.error_code, whose.message, whose.sending)
    match await call.resources.sms.hear(call_back):
        case "unknown":
            raise Problem(404, "There is no such message.")
        case "replayed":
            raise Problem(409, "This was told before.", code="replayed")
    return Response(status_code=204)


async def form_of(call: Call) -> list[FormField]:
    """Return the fields of the form. Raises Problem (415, 422)."""
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Problem(415, f"Send {FORM}.", headers={"Accept": FORM})
    try:
        body = (await call.body()).decode()
        return parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(422, "The form cannot be read.") from error


def check_signature(call: Call, fields: list[FormField]) -> None:
    """Refuse, with 403, what Twilio has not signed for this very URL."""
    token = call.settings.twilio_auth_token.get_secret_value()
    given = call.headers.getlist("x-twilio-signature")
    if len(given) != 1 or not is_signed(token, given[0], outside_url(call), fields):
        raise Problem(403, "Twilio has not signed this.", code="bad_signature")


def outside_url(call: Call) -> str:
    """Return the URL as Twilio has called it: behind a proxy, PUBLIC_URL knows its beginning."""
    base = call.settings.public_url or f"{call.url.scheme}://{call.headers.get('host', '')}"
    query = call.scope["query_string"].decode("latin-1")
    return f"{base}{PATH}?{query}" if query else f"{base}{PATH}"
