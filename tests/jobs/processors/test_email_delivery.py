"""``email_delivery`` against a real SMTP server and a real database, attempt by attempt."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from jobs.code_words import LETTER, SUBJECT
from jobs.db import Database
from jobs.emails.front import Emails
from jobs.errors import Bounced, Discard, NotConfigured, ProviderError, Retry, UnknownEnd
from jobs.handoff.message import EmailArgs
from jobs.ids import uuid7
from jobs.processors.email_delivery import Args, Result, email_delivery
from jobs.providers.mail import Mail
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters, Received
from tests.jobs.processors.context import Attempts, RecordingContext
from tests.jobs.processors.mailing import ANN, email, emails, gated, mailing, wish

HELLO = {"subject": "Hello", "text": "The garden **opens**."}


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    return mailing(settings, sandbox, mail_allow="@friends.example")


@pytest.fixture
async def db(attempts: Attempts) -> Database:
    """Give the database, in which Anna has a verified address."""
    await wish(attempts.database)
    return attempts.database


@pytest.fixture
def letters(sandbox: Sandbox) -> Letters:
    return sandbox.peer(Letters)


async def send(context: RecordingContext, **args: Any) -> Result:
    return await run(context, Args.model_validate({**HELLO, **args}))


async def run(context: RecordingContext, args: Args) -> Result:
    result = await email_delivery.process(context, args)
    assert isinstance(result, Result)
    return result


def begin(attempts: Attempts, job: UUID | None = None, attempt: int = 1) -> RecordingContext:
    return attempts.begin("email_delivery", job, attempt=attempt)


def header(mail: Received, name: str) -> str:
    return str(mail.message[name])


async def test_a_mail_goes_to_the_users_own_address(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    context = begin(attempts)

    result = await send(context)

    [mail] = letters.received
    row = await email(db)
    assert list(mail.recipients) == [ANN]
    assert mail.body("plain").startswith("The garden **opens**.")
    assert "<strong>opens</strong>" in mail.body("html")
    assert header(mail, "message-id") == result.message_id == row["message_id"]
    assert header(mail, "from") == "Garden <hello@example.com>"
    assert mail.message["date"].datetime == row["created_at"].replace(microsecond=0)
    assert (row["state"], row["address"], row["list"]) == ("sent", ANN, "other")
    assert result.answer == row["answer"] == f"250 2.0.0 Taken as {mail.id}"
    assert not result.repeated
    told = {"email_id": str(row["id"]), "to": ANN, "subject": "Hello"}
    assert context.told == [("email_sent", told)]


async def test_a_second_run_sends_nothing(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    job = uuid7()
    first = await send(begin(attempts, job))
    await wish(db, email=None, verified=False, opt_in=False)

    second = await send(begin(attempts, job, attempt=2))

    assert len(letters.received) == 1
    assert second == first.model_copy(update={"repeated": True})
    assert (await email(db))["attempt"] == 1


async def test_a_long_text_is_rendered_elsewhere_and_comes_whole(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    text = "* A **line** of many\n" * 1_000

    await send(begin(attempts), text=text)

    assert letters.received[0].body("html").count("<strong>line</strong>") == 1_000
    assert letters.received[0].body("plain").count("A **line** of many") == 1_000


async def test_two_jobs_send_two_mails_with_names_of_their_own(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    await send(begin(attempts))
    await send(begin(attempts))

    names = {header(mail, "message-id") for mail in letters.received}
    assert len(names) == 2
    assert all(name.endswith("@example.com>") for name in names)


@pytest.mark.parametrize(
    ("to", "wishes", "code"),
    [
        (ANN, {"verified": False}, "not_verified"),
        ("bob@example.com", {}, "not_verified"),
        ("ann@friends.example.com", {}, "not_verified"),
        (None, {"email": None}, "no_address"),
        (None, {"verified": False}, "not_verified"),
    ],
)
async def test_nothing_goes_where_nobody_has_said_it_may(
    attempts: Attempts,
    db: Database,
    letters: Letters,
    to: str | None,
    wishes: dict[str, Any],
    code: str,
) -> None:
    await wish(db, **wishes)

    with pytest.raises(Discard) as raised:
        await send(begin(attempts), to=to)

    assert raised.value.code == code
    assert letters.received == []
    assert await emails(db) == []


@pytest.mark.parametrize("to", [ANN, "ANN@Example.COM", "bob@friends.example"])
async def test_mail_goes_to_who_is_verified_or_allowed(
    attempts: Attempts, db: Database, letters: Letters, to: str
) -> None:
    result = await send(begin(attempts), to=to)

    assert list(letters.received[0].recipients) == [result.to]


async def test_another_users_verified_address_is_not_ones_own(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    await wish(db, "bert@example.com", user="bert")

    with pytest.raises(Discard, match="no address of yours"):
        await send(begin(attempts), to="bert@example.com")


async def test_the_hand_offs_args_are_taken_and_nothing_is_told(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    told_of = EmailArgs(to=ANN, subject="brief completed", text="11:00 one\n", inbox_ids=[uuid7()])
    context = begin(attempts)

    await run(context, Args.model_validate(told_of.model_dump(mode="json")))

    assert context.told == []
    assert (await email(db))["list"] == "handoff"
    assert len(letters.received) == 1


async def test_a_brief_is_told_by_its_own_name(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    brief, context = uuid7(), begin(attempts)

    result = await send(context, brief_id=str(brief))

    data = {"brief_id": str(brief), "email_id": str(result.email_id)}
    assert context.told == [("brief_email_sent", data)]
    assert (await email(db))["list"] == "brief"


@pytest.mark.parametrize(
    ("args", "wishes"),
    [
        ({"inbox_ids": [str(uuid4())]}, {"opt_in": False}),
        ({"brief_id": str(uuid4())}, {"brief": False}),
        ({"list": "handoff"}, {"opt_in": False}),
    ],
    ids=["handoff", "brief", "named"],
)
async def test_who_has_opted_out_meanwhile_gets_nothing(
    attempts: Attempts,
    db: Database,
    letters: Letters,
    args: dict[str, Any],
    wishes: dict[str, Any],
) -> None:
    await wish(db, **wishes)

    with pytest.raises(Discard) as raised:
        await send(begin(attempts), **args)

    assert raised.value.code == "opted_out"
    assert letters.received == []


async def test_who_unsubscribes_by_the_link_gets_no_more_until_they_want_it(
    attempts: Attempts, db: Database, letters: Letters, settings: JobsSettings
) -> None:
    front, friend = Emails(settings, db), "bob@friends.example"
    await send(begin(attempts), to=friend)
    link = header(letters.received[0], "list-unsubscribe").strip("<>")
    token = link.removeprefix("https://jobs.example.com/unsubscribe/")

    await front.unsubscribe(token)
    with pytest.raises(Discard, match="unsubscribed"):
        await send(begin(attempts), to=friend)
    await send(begin(attempts))  # others go on getting theirs
    await front.resubscribe(token)
    await send(begin(attempts), to=friend)

    assert [list(mail.recipients) for mail in letters.received] == [[friend], [ANN], [friend]]


async def test_a_refusal_that_passes_is_tried_again(
    attempts: Attempts, db: Database, letters: Letters, sandbox: Sandbox
) -> None:
    job = uuid7()
    sandbox.switch("smtp", status=451, path="/rcpt", times=1)

    with pytest.raises(ProviderError):
        await send(begin(attempts, job))
    between = await email(db)
    result = await send(begin(attempts, job, attempt=2))

    assert (between["state"], between["asked_at"], between["error"]) == (
        "sending",
        None,
        "provider_error",
    )
    assert "451" in between["answer"]
    assert (await email(db))["error"] is None
    assert header(letters.received[0], "message-id") == between["message_id"] == result.message_id


async def test_a_refusal_of_the_whole_mail_is_known_and_tried_again(
    attempts: Attempts, db: Database, letters: Letters, sandbox: Sandbox
) -> None:
    job = uuid7()
    sandbox.switch("smtp", status=452, path="/data", times=1)

    with pytest.raises(ProviderError):
        await send(begin(attempts, job))
    await send(begin(attempts, job, attempt=2))

    assert len(letters.received) == 1


async def test_a_bounce_is_final_and_a_retry_by_hand_begins_afresh(
    attempts: Attempts, db: Database, letters: Letters, sandbox: Sandbox
) -> None:
    job = uuid7()
    sandbox.switch("smtp", status=554, path="/data", times=1)

    with pytest.raises(Bounced) as raised:
        await send(begin(attempts, job))
    bounced = await email(db)
    await send(begin(attempts, job, attempt=2))

    assert raised.value.code == "bounced"
    assert (bounced["state"], bounced["error"]) == ("failed", "bounced")
    assert bounced["answer"] == "554 The sandbox was told to answer 554"
    assert (await email(db))["state"] == "sent"
    assert len(letters.received) == 1


@pytest.mark.parametrize(
    ("domain", "verified"), [("bounce.example", False), ("spam.example", True)]
)
async def test_an_address_that_is_no_mailbox_has_to_be_verified_again(
    attempts: Attempts, db: Database, domain: str, verified: bool
) -> None:
    await wish(db, f"ann@{domain}")

    with pytest.raises(Bounced):
        await send(begin(attempts))

    [row] = await db.fetch("SELECT email_verified_at FROM preferences")
    assert (row[0] is not None) == verified


async def test_a_bounce_elsewhere_says_nothing_of_ones_own_address(
    attempts: Attempts, db: Database, sandbox: Sandbox
) -> None:
    sandbox.switch("smtp", status=550, path="/rcpt")

    with pytest.raises(Bounced):
        await send(begin(attempts), to="bob@friends.example")

    [row] = await db.fetch("SELECT email_verified_at FROM preferences")
    assert row[0] is not None


@pytest.mark.parametrize("how", ["truncate", "garbage"])
async def test_a_mail_of_which_nobody_knows_is_not_sent_again(
    attempts: Attempts, db: Database, letters: Letters, sandbox: Sandbox, how: str
) -> None:
    job = uuid7()
    sandbox.switch("smtp", path="/data", times=1, **{how: True})

    with pytest.raises(UnknownEnd):
        await send(begin(attempts, job))
    after = await email(db)
    with pytest.raises(UnknownEnd, match="submit a new job"):
        await send(begin(attempts, job, attempt=2))

    assert len(letters.received) == 1
    assert (after["state"], after["error"]) == ("failed", "unknown_end")
    assert after["asked_at"] is not None


async def test_an_attempt_that_died_with_the_mail_in_its_hands_leaves_it_unknown(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    job = uuid7()
    await send(begin(attempts, job))
    await db.fetch("UPDATE emails SET state = 'sending', sent_at = NULL, answer = NULL")

    with pytest.raises(UnknownEnd):
        await send(begin(attempts, job, attempt=2))

    assert len(letters.received) == 1
    assert (await email(db))["error"] == "unknown_end"


async def test_an_attempt_that_was_overtaken_gives_nothing_away(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    job, (held, gate) = uuid7(), gated(attempts)

    slow = asyncio.ensure_future(send(begin(held, job)))
    await gate.reached.wait()
    await send(begin(attempts, job, attempt=2))
    gate.opened.set()
    with pytest.raises(Retry, match="Another attempt"):
        await slow

    assert len(letters.received) == 1
    assert (await email(db))["state"] == "sent"


async def test_who_is_stopped_with_the_mail_in_the_air_still_writes_its_end(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    job, (held, gate) = uuid7(), gated(attempts, after=True)

    sending = asyncio.ensure_future(send(begin(held, job)))
    await gate.reached.wait()
    sending.cancel()
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await sending
    again = await send(begin(attempts, job, attempt=2))

    assert again.repeated
    assert len(letters.received) == 1


async def test_who_is_stopped_while_a_server_dawdles_does_not_wait_for_it(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    held, gate = gated(attempts)

    sending = asyncio.ensure_future(send(begin(held)))
    await gate.reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert letters.received == []
    assert (await email(db))["asked_at"] is None


async def test_who_is_stopped_before_gives_nothing_away(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    context = begin(attempts)
    context.cancelled = True

    with pytest.raises(Discard, match="stopped"):
        await send(context)

    assert letters.received == []
    assert (await email(db))["asked_at"] is None


async def test_beside_a_code_nobody_says_what_they_like_to_an_address_not_known_to_be_theirs(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    asked = {"to": "new@example.com", "verification_id": str(await ask_for_code(db))}

    await send(begin(attempts), **asked, subject="Win a car!", text="[Here](https://evil.example)")

    [mail] = letters.received
    assert mail.message["subject"] == SUBJECT
    assert " ".join(mail.body("plain").split()).startswith(LETTER)
    assert "evil" not in mail.message.as_string()


async def test_a_code_is_sent_once_to_the_address_it_is_for(
    attempts: Attempts, db: Database, letters: Letters
) -> None:
    verification = await ask_for_code(db)
    args, context = {"to": "new@example.com", "verification_id": str(verification)}, begin(attempts)

    first = await send(context, **args)
    second = await send(begin(attempts), **args)

    [mail] = letters.received
    row = await email(db)
    code = mail.body("plain").rstrip()[-6:]
    assert list(mail.recipients) == ["new@example.com"]
    assert code.isdecimal()
    assert mail.message["list-unsubscribe"] is None
    assert (first.repeated, second.repeated) == (False, True)
    assert context.told == []
    assert code not in f"{row}{first}{context.lines}{context.messages}"


@pytest.mark.parametrize(
    ("change", "to", "code"),
    [
        ({}, "other@example.com", "wrong_address"),
        ({"age": timedelta(minutes=16)}, "new@example.com", "expired"),
        ({"way": "phone"}, "new@example.com", "not_found"),
        ({"user": "bert"}, "new@example.com", "not_found"),
    ],
)
async def test_a_code_goes_nowhere_else_and_to_nobody_elses(
    attempts: Attempts,
    db: Database,
    letters: Letters,
    change: dict[str, Any],
    to: str,
    code: str,
) -> None:
    verification = await ask_for_code(db, **change)

    with pytest.raises(Discard) as raised:
        await send(begin(attempts), to=to, verification_id=str(verification))

    assert raised.value.code == code
    assert letters.received == []


async def ask_for_code(
    db: Database, way: str = "email", user: str = "anna", age: timedelta = timedelta()
) -> UUID:
    ident = uuid7()
    sql = (
        "INSERT INTO verifications (id, org_id, user_id, way, address, nonce, expires_at)"
        " VALUES ($1, 'acme', $2, $3, 'new@example.com', '\\x00', now() + interval '15 min' - $4::interval)"
    )
    await db.fetch(sql, ident, user, way, age)
    return ident


async def test_without_a_link_to_lead_to_the_sender_is_asked(
    attempts: Attempts, db: Database, letters: Letters, settings: JobsSettings
) -> None:
    homeless = Mail(settings.model_copy(update={"public_url": ""}))
    providers = replace(attempts.providers, mail=homeless)

    await send(begin(replace(attempts, providers=providers)))

    assert header(letters.received[0], "list-unsubscribe").startswith("<mailto:hello@example.com")


@pytest.mark.parametrize(
    "args", [{"subject": " \n"}, {"text": ""}, {"to": "a\nb@example.com"}, {"x": 1}]
)
def test_args_that_make_no_mail_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Args.model_validate({**HELLO, **args})


def test_a_subject_is_one_line_and_not_endless() -> None:
    assert Args.model_validate({**HELLO, "subject": "a\r\nBcc: b"}).subject == "a Bcc: b"
    assert len(Args.model_validate({**HELLO, "subject": "x" * 1_000}).subject) == 200


class TestWithoutSettings:
    @pytest.fixture
    def settings(self, settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
        return mailing(settings, sandbox, smtp_url="")

    async def test_the_kind_says_what_to_set(self, attempts: Attempts, db: Database) -> None:
        with pytest.raises(NotConfigured, match="SMTP_URL"):
            await send(begin(attempts))
