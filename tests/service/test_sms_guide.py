"""docs/sms.md says what is so: args, codes, states, numbers, settings."""

import re
from pathlib import Path

from jobs.processors.sms_delivery import LONGEST_TEXT, MOST_IDS, Args, sms_delivery
from jobs.providers.twilio_codes import MEANINGS
from jobs.settings import JobsSettings
from jobs.sms.resource import SmsResource, SmsState
from jobs.texting.fate import WAITS
from jobs.texting.sending import SETTLING
from service.dev.sandbox.told import SETTINGS
from service.dev.sandbox.twilio import Policy
from service.dev.sandbox.twilio_messages import RECIPIENTS, SENDERS
from service.routes import TABLE
from service.routes.twilio_hook import PATH

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "sms.md").read_text(encoding="utf-8")
SOURCES = [
    ROOT / "jobs" / "processors" / "sms_delivery.py",
    *(ROOT / "jobs" / "texting").glob("*.py"),
    *(ROOT / "jobs" / "providers").glob("twilio*.py"),
]


def test_its_args_routes_and_fields_are_right() -> None:
    named = set(re.findall(r"\| `([A-Z]+) (/api/sms[/{}\w]*)", GUIDE))

    assert named == {(method, path) for method, path, _ in TABLE if path.startswith("/api/sms")}
    assert f"`POST {PATH}`" in GUIDE
    assert all(f"| `{name}` |" in GUIDE for name in Args.model_fields)
    told = set(SmsResource.model_fields) - {"id", "created_at", "updated_at"}
    assert {name for name in told if f"`{name}`" not in GUIDE} == set()


def test_every_code_that_ends_a_job_is_there() -> None:
    code = re.compile(r'(?:code="|Discard\([^()]*", ")(\w+)"')
    codes = {found for file in SOURCES for found in code.findall(file.read_text(encoding="utf-8"))}

    assert len(codes) > 6
    assert {found for found in codes if f"`{found}`" not in GUIDE} == set()


def test_the_table_of_twilios_codes_is_the_one_that_counts() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (yes)? ?\|", GUIDE, re.MULTILINE)
    told = {
        int(number): (name, bool(again))
        for name, numbers, again in rows
        for number in re.findall(r"\b\d{5}\b", numbers)
    }

    assert told == {number: (m.code, m.again) for number, m in MEANINGS.items()}


def test_every_state_and_setting_is_there() -> None:
    names = [name for name in JobsSettings.model_fields if name.startswith(("twilio_", "sms_"))]

    assert {state for state in SmsState if f"`{state}`" not in GUIDE} == set()
    assert {name for name in (*names, "public_url") if f"`{name.upper()}`" not in GUIDE} == set()
    assert set(SETTINGS["twilio"]) == {name.upper() for name in names} - {"SMS_DAILY_CAP"}
    assert f"`SMS_ALLOW` is `{SETTINGS['twilio']['SMS_ALLOW']}`" in GUIDE


def test_its_numbers_are_right() -> None:
    seconds, minutes = SETTLING.total_seconds(), [wait.total_seconds() / 60 for wait in WAITS]

    assert f"at most {LONGEST_TEXT:,} characters" in GUIDE
    assert f"at most {MOST_IDS}; when" in GUIDE
    assert f"until {seconds:g} seconds have passed" in GUIDE
    assert "{:g} minutes after the first sending has failed, {:g} after".format(*minutes) in GUIDE
    assert f"{sms_delivery.timeout.total_seconds():g} seconds an attempt" in GUIDE
    assert f"{sms_delivery.max_attempts} attempts, after 30 seconds and 2 minutes" in GUIDE
    assert f"`SMS_DAILY_CAP` | {JobsSettings.model_fields['sms_daily_cap'].default}:" in GUIDE


def test_the_sandboxs_numbers_are_right() -> None:
    codes = ", ".join(str(code) for code in RECIPIENTS.values())
    policies = set(re.findall(r"\{\"(\w+)\": (?:\d|true|false)", GUIDE[GUIDE.index("_policy") :]))

    assert f"refused at once with {codes}," in GUIDE
    assert [f"{code}" in GUIDE for code in SENDERS.values()] == [True] * len(SENDERS)
    assert policies == set(Policy.model_fields)
