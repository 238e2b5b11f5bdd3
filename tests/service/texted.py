"""Texts for tests of the front door, as jobs would have left them; and what Twilio would tell of them."""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha1
from typing import Any

import asyncpg
import httpx2

from jobs.db import speak_json
from jobs.ids import uuid7

TOKEN = "twilio's token for these tests"
ADD = """
INSERT INTO sms_messages (id, org_id, user_id, job_id, attempt, to_number, text, state, sendings,
                          provider_id, asked_at, sent_at)
VALUES ($1, $2, $3, $4, 1, '+4930123456', 'The garden opens at nine.', $5, $6, $7, now(), now())
"""


async def add_text(
    database_url: str,
    owner: tuple[str, str],
    *,
    state: str = "queued",
    sendings: int = 1,
    sid: str | None = "SM1",
) -> str:
    """Add a message of ``owner`` (org, user) and return its id."""
    ident = uuid7()
    database = await asyncpg.connect(database_url)
    try:
        await database.execute(ADD, ident, *owner, uuid7(), state, sendings, sid)
    finally:
        await database.close()
    return str(ident)


async def text_of(database_url: str) -> dict[str, Any]:
    """Return the only message there is."""
    database = await asyncpg.connect(database_url)
    try:
        await speak_json(database)
        [row] = await database.fetch("SELECT * FROM sms_messages")
        return dict(row)
    finally:
        await database.close()


def signed(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Return what Twilio would sign with."""
    told = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), sha1).digest()).decode()


def status_form(status: str, sid: str = "SM1", code: int | None = None) -> dict[str, str]:
    """Return the form of a call-back."""
    form = {"MessageSid": sid, "MessageStatus": status, "To": "+4930123456", "AccountSid": "AC1"}
    return form | ({"ErrorCode": str(code)} if code else {})


async def call_back(
    client: httpx2.AsyncClient,
    form: Mapping[str, str],
    query: str = "",
    *,
    signature: str | None = None,
    base: str = "http://test",
) -> httpx2.Response:
    """Tell the front door how a text fares, signed for ``base`` unless another signature is given."""
    path = f"/hooks/twilio/status{query}"
    given = signed(f"{base}{path}", form) if signature is None else signature
    return await client.post(path, data=dict(form), headers={"X-Twilio-Signature": given})
