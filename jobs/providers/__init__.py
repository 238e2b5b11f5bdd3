"""Everything outside that processors call, one file a service; opened once a process.

Reading order: ``addresses`` (where a request may go) · ``transport`` (and nowhere else) ·
``politeness`` (when) · ``web`` (fetch a page) · ``api`` (call a service) · ``oauth2`` (get its tokens) ·
``feeds`` (fetch a feed) · ``documents`` and ``pdf`` (text of a file) · ``articles`` (text of a page) ·
``feed_documents`` (items of a feed) · ``llm`` (ask a language model) and ``llm_structured`` (for JSON) ·
``builds`` (build an app, by ``eas``, a ``command`` with a ``minder``) · ``platforms`` (publish) · ``mail``
(send one, by a ``mail_server``; ``mail_errors`` if it fails) · ``twilio`` (send a text; ``twilio_codes``,
``twilio_signature``) · ``google_calendar`` with ``google_events``. What parses documents (``html_rows``,
``html_text``, ``pdf_reading``, ``page_reading``, ``feed_reading``, ``json_feed``) or unpacks (``archives``)
only ever loads in a child of the process pool.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jobs.codes import Codes
from jobs.providers.api import Api
from jobs.providers.builds import Builds
from jobs.providers.feeds import Feeds
from jobs.providers.google_calendar import Google
from jobs.providers.llm import Llm
from jobs.providers.mail import Mail
from jobs.providers.oauth2 import OAuth2, clients_of
from jobs.providers.platforms import Platforms
from jobs.providers.twilio import Twilio
from jobs.providers.web import Web
from jobs.settings import JobsSettings
from jobs.vault import Vault


@dataclass(frozen=True, slots=True)
class Providers:
    """What a processor finds at ``context.providers``."""

    web: Web
    api: Api
    feeds: Feeds
    vault: Vault
    codes: Codes
    llm: Llm
    oauth2: OAuth2
    builds: Builds
    platforms: Platforms
    mail: Mail
    twilio: Twilio
    google: Google


@asynccontextmanager
async def open_providers(settings: JobsSettings) -> AsyncIterator[Providers]:
    """Open every provider; closed in reverse order."""
    async with (
        Web(settings) as web,
        Api(settings) as api,
        Llm(settings) as llm,
        Builds(settings) as builds,
    ):
        yield Providers(
            web=web,
            api=api,
            feeds=Feeds(settings, web),
            vault=Vault(settings),
            codes=Codes(settings),
            llm=llm,
            oauth2=OAuth2(api, clients_of(settings)),
            builds=builds,
            platforms=Platforms(api),
            mail=Mail(settings),
            twilio=Twilio(settings, api),
            google=Google(settings, api),
        )


__all__ = ["Providers", "open_providers"]
