"""Kind ``sms_delivery`` on the bench: the sandbox's Twilio, a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from jobs.code_words import SMS
from jobs.errors import InvalidArgs
from jobs.ids import derived_uuid7, uuid7
from jobs.processors.sms_delivery import Args, due_again, sms_delivery
from jobs.providers.twilio import Twilio
from jobs.settings import JobsSettings
from jobs.testing import Job
from jobs.texting import sending
from jobs.tick import Due
from service.dev.sandbox import Sandbox
from service.dev.sandbox.twilio_messages import AUTH_TOKEN, SENDER
from tests.jobs.processors.texting import OWNER, PHONE, Telephone, open_telephone, texting_settings

TEXT = "The garden opens at nine."
MESSAGES = "/2010-04-01/Accounts"


def code_of(job: Job) -> str | None:
    return job.error.code if job.error else None


def outcomes(job: Job) -> list[str | None]:
    return [attempt.outcome for attempt in job.attempts]


@pytest.fixture
def settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for what a call without an answer may still make: the database's clock is real."""
    monkeypatch.setattr(sending, "SETTLING", timedelta(0))


async def test_the_owner_is_texted_and_told(telephone: Telephone) -> None:
    await telephone.say()

    job = await telephone.send()

    assert job.error is None
    [text], row = telephone.texts, await telephone.row()
    assert (text.to, text.sender, text.body) == (PHONE, SENDER, TEXT)
    assert (row["state"], row["sendings"], row["provider_id"]) == ("queued", 1, text.sid)
    assert (row["segments"], row["unanswered_at"], row["error"]) == (1, None, None)
    assert (job.result.message_id, job.result.provider_id) == (row["id"], text.sid)
    assert (job.result.to, job.result.state, job.result.repeated) == (PHONE, "queued", False)
    told = [(notice.name, notice.data) for notice in job.notifications]
    assert told == [("sms_sent", {"message_id": str(row["id"]), "to": PHONE})]
    fractions = [progress.fraction for progress in job.progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


async def test_the_token_is_nowhere_to_be_seen(telephone: Telephone) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", status=401, times=1)

    jobs = [await telephone.send(), await telephone.send()]

    for job in jobs:
        told = [*job.logs, *job.events, *job.notifications, *job.progress, job.row, job.result]
        assert AUTH_TOKEN not in repr(told)
    assert AUTH_TOKEN not in repr(await telephone.rows())
    assert [code_of(job) for job in jobs] == ["unauthorized", None]


@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "twilio_from"])
async def test_without_an_account_it_says_what_to_set(
    telephone: Telephone, settings: JobsSettings, missing: str
) -> None:
    await telephone.say()
    told = texting_settings(settings, telephone.sandbox, **{missing: ""})
    telephone.providers["twilio"] = Twilio(told, telephone.providers["api"])  # type: ignore[arg-type]

    job = await telephone.send()

    assert (code_of(job), str(job.error).count(missing.upper())) == ("not_configured", 1)
    assert await telephone.rows() == []


async def test_nobody_is_texted_without_consent_and_a_verified_number(
    telephone: Telephone,
) -> None:
    tried = [await telephone.send(), await telephone.send(to=PHONE)]
    for said, args in (
        ({"opted_in": False}, {}),
        ({"verified": False}, {}),
        ({}, {"to": "+15005550124"}),
        ({"phone": None, "opted_in": False}, {}),
    ):
        await telephone.say(**said)
        tried.append(await telephone.send(**args))

    codes = [code_of(job) for job in tried]
    assert codes == [
        *("no_phone", "not_verified", "no_consent", "not_verified", "not_verified", "no_phone")
    ]
    assert {(job.state, job.failures) for job in tried} == {("failed", 1)}
    assert [[(n.name, n.data["code"]) for n in job.notifications] for job in tried] == [
        [("sms_failed", code)] for code in codes
    ]
    assert telephone.texts == []
    assert [row["state"] for row in await telephone.rows()] == ["failed"] * 4


async def test_an_operator_may_allow_other_numbers(sandbox: Sandbox, database_url: str) -> None:
    async with open_telephone(database_url, sandbox, sms_allow="+4930*, +15005550124") as telephone:
        jobs = [await telephone.send(to=to) for to in ("+49 30 123456", "+15005550124")]
        refused = await telephone.send(to="+4940123456")

    assert [job.error for job in jobs] == [None, None]
    assert code_of(refused) == "not_verified"
    assert [text.to for text in telephone.texts] == ["+4930123456", "+15005550124"]


async def test_a_messaging_service_may_be_the_sender(sandbox: Sandbox, database_url: str) -> None:
    service = "MG0123456789abcdef0123456789abcdef"
    async with open_telephone(database_url, sandbox, twilio_from=service) as telephone:
        await telephone.say()
        await telephone.send()

    [call] = sandbox.calls("twilio", MESSAGES)
    assert call["body"]["MessagingServiceSid"] == service
    assert "From" not in call["body"]


async def test_the_provider_is_told_where_to_tell_only_if_there_is_such_a_place(
    telephone: Telephone, sandbox: Sandbox, database_url: str
) -> None:
    await telephone.say()
    await telephone.send()
    async with open_telephone(
        database_url, sandbox, public_url="https://jobs.example"
    ) as elsewhere:
        elsewhere.twilio.policy.call_backs = False
        job = await elsewhere.send()

    told = [text.call_back for text in telephone.texts]
    where = f"https://jobs.example/hooks/twilio/status?message={job.result.message_id}&sending=1"
    assert told == ["", where]


REFUSED = {
    "+15005550001": ("invalid_number", 21211),
    "+15005550002": ("not_served", 21612),
    "+15005550003": ("not_served", 21408),
    "+15005550004": ("opted_out", 21610),
    "+15005550009": ("no_sms", 21614),
}


async def test_a_number_that_twilio_refuses_is_final_and_costs_nothing(
    telephone: Telephone,
) -> None:
    jobs = []
    for phone in REFUSED:
        await telephone.say(phone=phone)
        jobs.append(await telephone.send())

    rows = await telephone.rows()
    assert [(job.state, job.failures, code_of(job)) for job in jobs] == [
        ("failed", 1, code) for code, _ in REFUSED.values()
    ]
    assert [(row["error"]["code"], row["error"]["provider_code"]) for row in rows] == list(
        REFUSED.values()
    )
    assert {(row["state"], row["sendings"], row["unanswered_at"]) for row in rows} == {
        ("failed", 0, None)
    }
    assert telephone.texts == []


async def test_who_answered_stop_has_withdrawn_consent_and_a_wrong_number_is_not_theirs(
    telephone: Telephone,
) -> None:
    wishes = "SELECT sms_opt_in, phone_verified_at IS NOT NULL FROM preferences"
    found: list[tuple[bool, bool]] = []
    for phone in ("+15005550004", "+15005550001", "+15005550003"):
        await telephone.say(phone=phone)
        await telephone.send()
        found += map(tuple, await telephone.database.fetch(wishes))

    assert found == [(False, True), (True, False), (True, True)]


async def test_what_twilio_has_no_room_for_now_is_tried_again(
    telephone: Telephone, sandbox: Sandbox, database_url: str
) -> None:
    await telephone.say()
    sandbox.switch("twilio", status=429, retry_after=7, times=1)

    job = await telephone.send()

    first, second = job.attempts
    assert first.ended_at is not None
    assert (job.error, outcomes(job)) == (None, ["failed", "succeeded"])
    assert 7 <= (second.started_at - first.ended_at).total_seconds() < 8
    assert (await telephone.row())["sendings"] == 1
    assert len(sandbox.calls("twilio", MESSAGES)) == 2  # nothing had to be looked for


async def test_a_full_queue_at_twilio_is_no_sending_and_ends_after_three_attempts(
    sandbox: Sandbox, database_url: str
) -> None:
    async with open_telephone(database_url, sandbox, twilio_from="+15005550008") as telephone:
        await telephone.say()
        job = await telephone.send()

        row = await telephone.row()
    assert (job.state, job.failures, code_of(job)) == ("failed", 3, "provider_error")
    assert (row["state"], row["sendings"], row["unanswered_at"]) == ("held", 0, None)
    assert [notice.name for notice in job.notifications] == ["sms_failed"]


@pytest.mark.usefixtures("settled_at_once")
@pytest.mark.parametrize("how", [{"garbage": True}, {"truncate": True}], ids=str)
async def test_an_answer_that_is_lost_does_not_send_twice(
    telephone: Telephone, how: dict[str, bool]
) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", times=1, **how)

    job = await telephone.send()

    [text], row = telephone.texts, await telephone.row()
    assert (job.error, outcomes(job)) == (None, ["failed", "succeeded"])
    assert (row["provider_id"], row["sendings"], row["unanswered_at"]) == (text.sid, 1, None)
    assert [log.message for log in job.logs] == ["An earlier try had sent it."]
    assert [notice.name for notice in job.notifications] == ["sms_sent"]


@pytest.mark.usefixtures("settled_at_once")
async def test_a_call_that_came_to_nothing_is_made_again(telephone: Telephone) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", status=503, times=1)

    job = await telephone.send()

    [text], row = telephone.texts, await telephone.row()
    assert (job.error, outcomes(job)) == (None, ["failed", "succeeded"])
    assert (row["state"], row["provider_id"], row["sendings"]) == ("queued", text.sid, 2)


async def test_nobody_looks_before_the_provider_is_done_with_the_call(
    telephone: Telephone,
) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", status=503, times=1)
    async with telephone.bench() as bench:
        job = bench.submit(sms_delivery, text=TEXT)

        await bench.until(lambda: len(job.attempts) > 1 and job.attempts[1].ended_at is not None)

    assert outcomes(job)[:2] == ["failed", "released"]
    assert job.failures == 1
    assert len(telephone.sandbox.calls("twilio", MESSAGES)) == 1


@pytest.mark.usefixtures("settled_at_once")
async def test_the_same_text_of_another_job_is_not_taken_for_this_one(
    telephone: Telephone,
) -> None:
    await telephone.say()
    first = await telephone.send()
    telephone.sandbox.switch("twilio", status=502, times=1)

    second = await telephone.send()

    assert (first.error, second.error) == (None, None)
    sids = [text.sid for text in telephone.texts]
    assert [job.result.provider_id for job in (first, second)] == sids
    assert len(set(sids)) == 2


@pytest.mark.usefixtures("settled_at_once")
async def test_what_was_sent_is_found_on_a_later_page(
    telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await telephone.say()
    monkeypatch.setattr("jobs.providers.twilio.PAGE", 2)
    telephone.sandbox.switch("twilio", garbage=True, times=1)
    async with telephone.bench() as bench:
        job = bench.submit(sms_delivery, text=TEXT)
        await bench.until(lambda: job.failures == 1)
        for number in range(5):
            telephone.twilio.texts.take(PHONE, SENDER, f"Another {number}", "")

        await bench.run()

    assert job.error is None
    assert job.result.provider_id == telephone.texts[0].sid
    assert len(telephone.texts) == 6


@pytest.mark.usefixtures("settled_at_once")
async def test_what_is_found_to_have_failed_for_good_ends_the_job(telephone: Telephone) -> None:
    await telephone.say(phone="+15005530005")
    telephone.sandbox.switch("twilio", garbage=True, times=1)
    async with telephone.bench() as bench:
        job = bench.submit(sms_delivery, text=TEXT)
        await bench.until(lambda: job.failures == 1)
        async with asyncio.timeout(10):
            while telephone.texts[0].status != "undelivered":
                await asyncio.sleep(0)

        await bench.run()

    assert (job.state, code_of(job)) == ("failed", "invalid_number")
    assert len(telephone.texts) == 1


async def test_a_crash_after_the_record_sends_nothing_more(telephone: Telephone) -> None:
    await telephone.say()
    job = await telephone.send()
    bench = telephone.bench()
    again = bench.submit(sms_delivery, text=TEXT)
    await telephone.database.execute(
        "UPDATE sms_messages SET id = $1, job_id = $2", derived_uuid7(again.id, "sms"), again.id
    )

    await bench.run()

    assert (job.error, again.error) == (None, None)
    assert len(telephone.texts) == 1
    assert not again.result.repeated
    assert again.result.provider_id == job.result.provider_id


async def test_a_cap_by_the_owners_day_ends_what_is_too_much(
    sandbox: Sandbox, database_url: str
) -> None:
    async with open_telephone(database_url, sandbox, sms_daily_cap=2) as telephone:
        await telephone.say(zone="Pacific/Kiritimati")
        jobs = [await telephone.send(urgent=True) for _ in range(3)]
        await telephone.database.execute(
            "UPDATE sms_messages SET asked_at = asked_at - interval '1 day'"
        )
        later = await telephone.send()

    assert [code_of(job) for job in jobs] == [None, None, "daily_cap"]
    assert later.error is None
    assert len(telephone.texts) == 3


async def test_jobs_at_once_do_not_share_the_last_text_of_the_day(
    sandbox: Sandbox, database_url: str
) -> None:
    async with open_telephone(database_url, sandbox, sms_daily_cap=3) as telephone:
        await telephone.say()
        bench = telephone.bench()
        jobs = [bench.submit(sms_delivery, text=f"Number {n}") for n in range(8)]
        await bench.run()

    assert sorted(str(code_of(job)) for job in jobs) == ["None"] * 3 + ["daily_cap"] * 5
    assert len(telephone.texts) == 3


async def test_what_all_was_seen_is_not_texted(telephone: Telephone) -> None:
    await telephone.say()
    seen, unseen = await telephone.told(read=True), await telephone.told()

    skipped = await telephone.send(inbox_ids=[str(seen)])
    sent = await telephone.send(inbox_ids=[str(seen), str(unseen)])
    gone = await telephone.send(inbox_ids=[str(uuid7())])

    assert [job.result.state for job in (skipped, sent, gone)] == ["skipped", "queued", "queued"]
    assert len(telephone.texts) == 2
    assert [job.notifications for job in (skipped, sent, gone)] == [[], [], []]


async def test_a_code_goes_to_the_number_that_is_to_be_verified_and_stands_nowhere(
    telephone: Telephone,
) -> None:
    await telephone.say(opted_in=False, verified=False)
    ident = await telephone.verify("+15005550199")

    job = await telephone.send(to="+15005550199", text="Win a car!", verification_id=str(ident))

    [text] = telephone.texts
    words, _, digits = text.body.rpartition(" ")
    assert (job.error, words, len(digits), digits.isdecimal()) == (None, SMS, 6, True)
    assert text.to == "+15005550199"
    told = [*job.logs, *job.events, *job.notifications, *job.progress, job.row, job.result]
    assert digits not in repr(told).replace(text.sid, "")
    assert digits not in repr([{**row, "provider_id": ""} for row in await telephone.rows()])
    assert job.notifications == []


async def test_a_verification_is_texted_once_however_many_jobs_name_it(
    telephone: Telephone,
) -> None:
    ident = str(await telephone.verify(PHONE))

    jobs = [await telephone.send(to=PHONE, verification_id=ident) for _ in range(3)]

    assert [(job.error, job.result.repeated) for job in jobs] == [
        (None, False),
        (None, True),
        (None, True),
    ]
    assert len(telephone.texts) == 1


async def test_no_code_goes_out_too_late_or_elsewhere(telephone: Telephone) -> None:
    there, elsewhere = "+15005550199", "+15005550198"
    codes = []
    for to, how in ((there, {"minutes": 0}), (elsewhere, {}), (there, {"way": "email"})):
        ident = await telephone.verify(there, **how)
        codes.append(code_of(await telephone.send(to=to, verification_id=str(ident))))

    assert (codes, telephone.texts) == (["expired", "not_found", "not_found"], [])


async def test_a_verification_of_another_user_is_none(telephone: Telephone) -> None:
    ident = await telephone.verify(PHONE)
    bench = telephone.bench(owner=("acme", "bert"))

    job = bench.submit(sms_delivery, to=PHONE, text=TEXT, verification_id=ident)
    await bench.run()

    assert (code_of(job), telephone.texts) == ("not_found", [])


async def test_a_message_that_did_not_arrive_is_sent_again_by_the_tick(
    telephone: Telephone,
) -> None:
    await telephone.say()
    first = await telephone.send()
    await telephone.database.execute(
        "UPDATE sms_messages SET state = 'retrying', again_at = now() - interval '1 second'"
    )

    async with telephone.db() as session:
        due = await due_again(session, await telephone.now(), 10)
        none = await due_again(session, await telephone.now(), 10)
    bench = telephone.bench()
    again = bench.submit(sms_delivery, due[0].args)
    await bench.run()

    ident, row = first.result.message_id, await telephone.row()
    assert ([(one.org, one.user, one.unique_key) for one in due], none) == (
        [(*OWNER, f"sms:{ident}:1")],
        [],
    )
    assert again.result.message_id == ident
    assert (row["state"], row["sendings"], row["job_id"]) == ("queued", 2, again.id)
    assert row["provider_id"] == telephone.texts[1].sid
    assert again.notifications == []


async def look_after(telephone: Telephone, asked: str, heard: str) -> list[Due]:
    """Find what is due for a text that was asked for, and last heard of, so long ago."""
    await telephone.database.execute(
        "UPDATE sms_messages SET asked_at = now() - $1::text::interval,"
        " updated_at = now() - $2::text::interval",
        asked,
        heard,
    )
    async with telephone.db() as session:
        return list(await due_again(session, await telephone.now(), 10))


async def test_without_a_call_back_a_text_is_looked_after(telephone: Telephone) -> None:
    await telephone.say()
    await telephone.send()
    async with asyncio.timeout(10):
        while telephone.texts[0].status != "delivered":
            await asyncio.sleep(0)
    bench = telephone.bench()

    [due] = await look_after(telephone, "16 minutes", "16 minutes")
    telephone.sandbox.switch("twilio", status=503, times=1)
    unanswered = bench.submit(sms_delivery, due.args)
    await bench.run()
    before = (await telephone.row())["state"]
    answered = bench.submit(sms_delivery, due.args)
    await bench.run()

    row = await telephone.row()
    assert (unanswered.error, before) == (None, "queued")
    assert (answered.result.state, row["state"], row["sendings"]) == ("delivered", "delivered", 1)
    assert row["delivered_at"] is not None
    assert [*unanswered.notifications, *answered.notifications] == []


async def test_it_is_looked_after_at_ever_longer_intervals_for_a_day(telephone: Telephone) -> None:
    await telephone.say()
    await telephone.send()

    found = [
        len(await look_after(telephone, asked, heard))
        for asked, heard in (
            ("14 minutes", "14 minutes"),
            ("16 minutes", "16 minutes"),
            ("59 minutes", "29 minutes"),
            ("62 minutes", "31 minutes"),
            ("3 days", "25 hours"),
        )
    ]

    assert found == [0, 1, 0, 1, 0]


async def test_what_is_found_never_to_arrive_is_told(telephone: Telephone) -> None:
    await telephone.say(phone="+15005530005")
    sent = await telephone.send()
    async with asyncio.timeout(10):
        while telephone.texts[0].status != "undelivered":
            await asyncio.sleep(0)
    bench = telephone.bench()

    [due] = await look_after(telephone, "16 minutes", "16 minutes")
    job = bench.submit(sms_delivery, due.args)
    await bench.run()

    assert ((await telephone.row())["state"], code_of(job)) == ("undelivered", "invalid_number")
    [notice] = job.notifications
    assert (notice.name, notice.data["code"]) == ("sms_failed", "invalid_number")
    assert notice.data["message_id"] == str(sent.result.message_id)
    verified = "SELECT phone_verified_at FROM preferences"
    assert await telephone.database.fetchval(verified) is None


async def test_only_what_waits_for_it_is_sent_again(telephone: Telephone) -> None:
    await telephone.say()
    first = await telephone.send()
    found = {}
    for state in ("failed", "undelivered", "delivered", "queued"):
        await telephone.database.execute("UPDATE sms_messages SET state = $1", state)
        job = await telephone.send(text=None, message_id=str(first.result.message_id))
        found[state] = code_of(job) or job.result.repeated

    assert found == {"failed": "ended", "undelivered": "ended", "delivered": True, "queued": True}
    assert len(telephone.texts) == 1


async def test_anothers_message_does_not_exist(telephone: Telephone) -> None:
    await telephone.say()
    first = await telephone.send()
    await telephone.database.execute("UPDATE sms_messages SET state = 'retrying'")
    bench = telephone.bench(owner=("acme", "bert"))

    job = bench.submit(sms_delivery, message_id=first.result.message_id)
    await bench.run()

    assert (code_of(job), len(telephone.texts)) == ("not_found", 1)


async def test_what_an_ended_job_left_behind_is_settled(telephone: Telephone) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", status=503)
    async with telephone.bench() as bench:
        job = bench.submit(sms_delivery, text=TEXT)
        await bench.until(lambda: job.failures == 1)
        bench.cancel(job)
        await bench.run()
    await telephone.database.execute(
        "UPDATE sms_messages SET updated_at = now() - interval '2 minutes'"
    )

    async with telephone.db() as session:
        await due_again(session, await telephone.now(), 10)

    row = await telephone.row()
    assert (row["state"], row["error"]["code"]) == ("failed", "provider_error")
    assert row["unanswered_at"] is not None  # it may have been sent: a call-back may still say so


async def test_old_messages_are_forgotten(telephone: Telephone) -> None:
    await telephone.say()
    await telephone.send()
    await telephone.database.execute(
        "UPDATE sms_messages SET created_at = now() - interval '400 days'"
    )

    job = await telephone.send()

    assert (await telephone.row())["job_id"] == job.id


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": ""},
        {"text": "x" * 1_501},
        {"text": "a", "to": "030 123456"},
        {"text": "a", "message_id": str(uuid7())},
        {"text": "a", "inbox_ids": [str(uuid7())] * 101},
        {"text": "a", "from": SENDER},
    ],
    ids=["nothing", "empty", "long", "no_number", "both", "too_many", "unknown"],
)
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        sms_delivery.parse(args)


def test_a_number_is_kept_as_e164() -> None:
    assert Args(to="+49 (0)30 123456", text="a").to == "+4930123456"
