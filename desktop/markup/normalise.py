r"""Text at the door: one kind of newline, no NUL, no lone surrogate, whatever the split."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


class Door:
    r"""Normalises text that comes in pieces; holds back "\r" and half a surrogate pair."""

    def __init__(self) -> None:
        self._held = ""

    def take(self, text: str) -> str:
        """What is certain of all text so far and was not given yet."""
        text = self._held + text
        self._held = ""
        if text and (text[-1] == "\r" or "\ud800" <= text[-1] <= "\udbff"):
            self._held = text[-1]
            text = text[:-1]
        return normalise(text)

    def close(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return normalise(held)


def normalise(text: str) -> str:
    r"""Text with "\n" newlines; NUL and lone surrogates are U+FFFD, split pairs are joined."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
