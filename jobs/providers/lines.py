"""What a command says, as lines fit to be shown: bounded, readable, without secrets."""

import codecs
import re
from collections.abc import Iterable

LONGEST = 2_000
MASK = "***"
ENDS = re.compile(r"[\r\n]+")
# Colours and cursor movements (ECMA-48 control sequences), window titles, and other control characters.
CONTROLS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)


class Lines:
    """Cuts a stream of bytes into lines; what is no UTF-8 is replaced, a line too long is cut off."""

    def __init__(self, secrets: Iterable[str] = (), longest: int = LONGEST) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._secrets = [secret for secret in secrets if secret]
        self._longest = longest
        # A secret is masked before the cut: none of it may be left over at the end of a line.
        self._room = longest + 1 + max(map(len, self._secrets), default=0)
        self._open = ""

    def feed(self, piece: bytes) -> list[str]:
        """Take the next bytes; return the lines that are complete with them."""
        return self._cut(self._decoder.decode(piece))

    def end(self) -> list[str]:
        """Return what was left without an end of line."""
        return self._cut(self._decoder.decode(b"", final=True) + "\n")

    def _cut(self, text: str) -> list[str]:
        *lines, last = ENDS.split(self._open + text)
        self._open = last[: self._room]
        return [shown for line in lines if (shown := self._shown(line))]

    def _shown(self, line: str) -> str:
        text = masked(CONTROLS.sub("", line[: self._room]), self._secrets).rstrip()
        return text if len(text) <= self._longest else f"{text[: self._longest]}…"


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every secret replaced."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return text
