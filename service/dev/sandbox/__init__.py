"""The outside world, played on this machine: one local server for all the providers there are.

Reading order: ``server`` (how it is opened) · ``app`` (who is played, and where) · ``switches`` (how it is
told to fail) · ``faults`` (how it fails) · ``calls`` (what it was asked) · ``told`` (which settings lead to
it) · one file a provider: ``oauth`` with its ``tokens``, ``llm`` with its ``llm_answers``, ``llm_stream``,
``llm_shapes`` and ``llm_writer``, ``sites``, ``eas`` with its command line ``eas_command``, ``mastodon``
with ``mastodon_posts``, ``sink``, ``mail`` (its pages are ``mail_page``) by ``smtp``, ``twilio`` with
``twilio_messages`` and ``twilio_page``, ``google`` with its ``google_agenda`` and ``google_channels``.
"""

from service.dev.sandbox.server import Sandbox, open_sandbox

__all__ = ["Sandbox", "open_sandbox"]
