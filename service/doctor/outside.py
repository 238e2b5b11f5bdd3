"""The outside: uploads' storage, providers whose settings are half set, the address we are known by."""

import secrets
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from jobs.errors import JobError
from jobs.settings import JobsSettings
from service.doctor.finding import Finding, judge

PROBE = b"the doctor was here"
HOSTS = """
SELECT DISTINCT split_part(name, ':', 1) AS host FROM workers WHERE lease_until > now()
"""
TOGETHER: dict[str, tuple[str, ...]] = {
    "LLM": ("llm_base_url", "llm_model"),
    "mail": ("smtp_url", "mail_from"),
    "Twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "Google": ("google_client_id", "google_client_secret"),
    "builds": ("eas_command", "expo_token"),
    "bucket": ("aws_access_key_id", "aws_secret_access_key"),
    "prices": ("llm_input_price", "llm_output_price"),
}
"""What makes sense only together, by the provider it is for."""
ALONE = {"llm_api_key": "llm_base_url", "mail_reply_to": "mail_from", "mail_allow": "smtp_url"}
"""What means nothing without another one."""
NEEDS_ADDRESS = ("smtp_url", "twilio_account_sid", "google_client_id")
AT_HOME = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - named, not bound


async def examine_storage(
    settings: JobsSettings, connection: asyncpg.Connection | None
) -> AsyncIterator[Finding]:
    """Write, read and delete a few bytes; see whether workers elsewhere look at the same folder."""
    yield await storage(settings)
    if connection is not None and settings.storage_path is not None:
        yield shared([row["host"] for row in await connection.fetch(HOSTS)])


async def storage(settings: JobsSettings) -> Finding:
    """Judge whether uploads can be kept."""
    from jobs.bucket import Bucket  # noqa: PLC0415 - loads obstore

    path, advice = (
        f"doctor-{secrets.token_hex(8)}",
        "Uploads fail: check STORAGE_URL, its key, its disk.",
    )
    try:
        bucket = Bucket(settings)
        await bucket.write(path, chunks(PROBE))
        same = await bucket.read(path) == PROBE
        await bucket.delete(path)
    except (JobError, ValueError) as error:
        return judge("storage", f"{where(settings)}: {error}", fail=advice)
    return judge(
        "storage", f"{where(settings)} can be written and read", fail="" if same else advice
    )


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """Yield a body of one piece."""
    yield data


def where(settings: JobsSettings) -> str:
    """Return where uploads lie, without what might be in its query."""
    return settings.stored_at.partition("?")[0]


def shared(hosts: Iterable[str]) -> Finding:
    """Judge a folder: a worker on another machine finds no upload in its own."""
    others = sorted(set(hosts) - {socket.gethostname()})
    advice = (
        "Give all of them one folder, or set STORAGE_URL to a bucket (docs/storage.md): a worker "
        "that does not see the folder fails every job with an upload."
    )
    message = f"a folder, and workers on {', '.join(others)}" if others else "all on this machine"
    return judge("storage shared", message, warn=advice if others else "")


def examine_providers(settings: JobsSettings) -> Iterator[Finding]:
    """Yield what is found in the settings alone."""
    for name, names in TOGETHER.items():
        yield complete(name, {n: is_set(getattr(settings, n)) for n in names})
    lonely = [
        n
        for n, other in ALONE.items()
        if is_set(getattr(settings, n)) and not is_set(getattr(settings, other))
    ]
    for name in lonely:
        advice = f"Set {ALONE[name].upper()}, or take {name.upper()} away."
        yield judge("providers", f"{name.upper()} does nothing alone", warn=advice)
    yield public_url(settings)


def complete(name: str, given: dict[str, bool]) -> Finding:
    """Judge settings that belong together: all, or none."""
    missing = [n.upper() for n, there in given.items() if not there]
    half = bool(missing) and len(missing) < len(given)
    message = "half set" if half else "not set" if missing else "set"
    advice = f"Set {' and '.join(missing)} too, or none of them: its jobs fail." if half else ""
    return judge(name, message, warn=advice)


def is_set(value: object) -> bool:
    """Say whether a setting was given."""
    if isinstance(value, SecretStr):
        return bool(value.get_secret_value())
    return value not in ("", None)


def public_url(settings: JobsSettings) -> Finding:
    """Judge the address that links in mails and providers' call-backs lead to."""
    url = settings.public_url
    users = [n.partition("_")[0].upper() for n in NEEDS_ADDRESS if is_set(getattr(settings, n))]
    if not url:
        advice = (
            "Set PUBLIC_URL to https://…: links to unsubscribe and call-backs need it."
            if users
            else ""
        )
        return judge("public url", "not set", warn=advice)
    parts, prod = urlsplit(url), settings.env == "prod"
    if prod and parts.hostname in AT_HOME:
        return judge(
            "public url", url, warn="Nobody else reaches that address: give the public one."
        )
    plain = prod and parts.scheme != "https"
    return judge(
        "public url",
        url,
        warn="Use https://, or links and call-backs go in the clear." if plain else "",
    )
