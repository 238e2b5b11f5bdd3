"""The telephones at the other end, to be looked at: each text as it would be shown, and how it fared."""

import html
from collections.abc import Iterable

from service.dev.sandbox.twilio_messages import Text

PAGE = """<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=3><title>Texts</title>
<style>body{{font:16px/1.5 system-ui;max-width:36em;margin:2em auto;padding:0 1em}}
article{{border:1px solid #8884;border-radius:1em;padding:.5em 1em;margin:1em 0}}
p{{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0}}footer{{color:#888;font-size:.85em}}</style>
<h1>Texts</h1>{texts}"""


def page(texts: Iterable[Text]) -> str:
    """Return the page, newest first."""
    shown = "".join(article(text) for text in texts)
    return PAGE.format(texts=shown or "<p>Nobody was texted yet.</p>")


def article(text: Text) -> str:
    """Return one text."""
    code = f" ({text.error_code})" if text.failed else ""
    way = " → ".join(text.statuses) + code
    heard = f" · told back: {', '.join(text.heard)}" if text.heard else ""
    return (
        f"<article><strong>{html.escape(text.to)}</strong><p>{html.escape(text.body)}</p>"
        f"<footer>{text.at:%Y-%m-%d %H:%M:%S} from {html.escape(text.sender)} · {way}"
        f"{html.escape(heard)}</footer></article>"
    )
