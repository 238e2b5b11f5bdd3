"""What must never stand in a log, cut out of lines that we did not write ourselves.

Our own lines name ids and figures. A library's warning or an error's text may repeat what it was given.
"""

import re

MASK = rb"\1***"
SECRETS = re.compile(
    rb"("
    rb"(?:\b[Bb]earer|\b[Bb]asic) |"  # Authorization
    rb"\bjc_|"  # an API key
    rb"\bticket\.|"
    rb"\bwhsec_|"
    rb"://[^/\s:@\"]{0,100}:(?=[^/\s@\"]{1,200}@)|"  # a URL's password
    rb"\b(?i:password|passwd|secret|token|api[_-]?key|authorization|cookie)\\?\"?[=:] ?\\?\"?"
    rb"(?:(?i:bearer|basic) )?"
    rb")(?!\*\*\*)[^\s\"\\&,;@}]+"
)
JWT = re.compile(rb"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")


def masked(line: bytes) -> bytes:
    """Return a line without credentials."""
    return JWT.sub(b"***", SECRETS.sub(MASK, line))
