"""The pages that show what mail has come. A mail's HTML runs in a frame that may do nothing."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

FRAMED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
HEAD = """<!doctype html><meta charset=utf-8><title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 system-ui;max-width:60em;margin:2em auto;
padding:0 1em}}table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.3em .8em .3em 0;
border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}}pre{{white-space:pre-wrap;
overflow-wrap:anywhere;border:1px solid #8884;padding:1em}}iframe{{width:100%;height:30em;
border:1px solid #8884;background:#fff}}</style>
<h1>{title}</h1>
"""
LIST = """<p>Mail that was sent to this machine's SMTP server, newest first.
<a href="messages">JSON</a></p>
<table><tr><th>When (UTC)<th>To<th>Subject</tr>{rows}</table>"""
ROW = '<tr><td>{at}<td>{to}<td><a href="{id}">{subject}</a></tr>'
MAIL = """<p><a href="./">All mail</a> · <a href="{id}/raw">Source</a> ·
<a href="messages/{id}">JSON</a></p>
<table>{rows}</table>
<h2>HTML</h2><iframe sandbox title="HTML" src="{id}/html"></iframe>
<h2>Text</h2><pre>{text}</pre>"""
NAME = '<tr><th scope="row">{name}<td>{value}</tr>'


def list_page(mails: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of all mails."""
    rows = "".join(
        ROW.format(
            id=mail["id"],
            at=escape(mail["at"][:19].replace("T", " ")),
            to=escape(", ".join(mail["to"])),
            subject=escape(mail["subject"]) or "(no subject)",
        )
        for mail in mails
    )
    return HEAD.format(title="Mail") + LIST.format(rows=rows or "<tr><td>Nothing has come.</tr>")


def mail_page(mail: Mapping[str, Any]) -> str:
    """Return the page of one mail."""
    envelope = [("Envelope", f"{mail['from']} → {', '.join(mail['to'])}"), *mail["headers"]]
    rows = "".join(NAME.format(name=escape(name), value=escape(v)) for name, v in envelope)
    head = HEAD.format(title=escape(mail["subject"]) or "(no subject)")
    return head + MAIL.format(id=mail["id"], rows=rows, text=escape(mail["text"]))
