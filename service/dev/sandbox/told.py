"""Which settings lead to the sandbox, so that every kind can be tried without an account."""

import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from service.dev.sandbox.eas import TOKEN
from service.dev.sandbox.twilio_messages import ACCOUNT, AUTH_TOKEN, SENDER

ROOT = Path(__file__).resolve().parents[3]
EAS_COMMAND = Path(__file__).with_name("eas_command.py")

SETTINGS: dict[str, dict[str, str]] = {
    "llm": {
        "LLM_BASE_URL": "{url}/llm/v1",
        "LLM_API_KEY": "sandbox-key",
        "LLM_MODEL": "sandbox-writer",
        "LLM_INPUT_PRICE": "0.5",
        "LLM_OUTPUT_PRICE": "1.5",
    },
    "eas": {
        "EAS_COMMAND": f"{quote(sys.executable)} {quote(str(EAS_COMMAND))} --url {{url}}/eas",
        "EXPO_TOKEN": TOKEN,
        "EAS_PROJECTS": str(ROOT / "docs" / "samples" / "projects"),
        "EAS_UPLOADS": "1",
        "EAS_POLL_SECONDS": "1",
    },
    "mail": {
        "SMTP_URL": "{smtp}",
        "MAIL_FROM": "Jobcast <jobcast@sandbox.example>",
        "MAIL_ALLOW": "*",
    },
    "twilio": {
        "TWILIO_BASE_URL": "{url}/twilio",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": SENDER,
        "SMS_ALLOW": "+1500*",
    },
    "google": {"GOOGLE_BASE_URL": "{url}/google"},
}
"""Provider → its variables; ``{url}`` and ``{smtp}`` are the sandbox's own. A new one is one more entry."""


def settings_at(url: str, given: Mapping[str, str], smtp: str = "") -> dict[str, str]:
    """Return the environment for programs that are to use the sandbox at ``url``, for mail at ``smtp``.

    A provider of which ``given`` sets anything is left to who set it: a real key goes to the real service.
    """
    return {
        name: value.format(url=url, smtp=smtp)
        for variables in SETTINGS.values()
        if not any(given.get(name) for name in variables)
        for name, value in variables.items()
    }
