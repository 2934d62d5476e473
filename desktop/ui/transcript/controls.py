"""Characters that are not seen: what is shown for them in code, and which are not copied."""

import re

_NOT_COPIED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SHOWN = str.maketrans(
    {
        "\u061c": "\u25c2",
        "\u200e": "\u25b8",
        "\u200f": "\u25c2",
        "\u202a": "\u25b7",
        "\u202b": "\u25c1",
        "\u202c": "\u25c7",
        "\u202d": "\u25b6",
        "\u202e": "\u25c0",
        "\u2066": "\u25b7",
        "\u2067": "\u25c1",
        "\u2068": "\u25b7",
        "\u2069": "\u25c7",
    }
)


def copied_code(code: str) -> str:
    """Code for the clipboard: no control characters but newline and tab.

    Others can make a terminal run or hide something when the code is pasted.
    """
    return _NOT_COPIED.sub("", code)


def visible(text: str) -> str:
    """The text with a mark for each character that only changes the direction of writing.

    Such a character can make code look other than what it does. Positions stay the same.
    Source: https://www.unicode.org/reports/tr55/.
    """
    return text if text.isascii() else text.translate(_SHOWN)


def hidden_places(text: str) -> list[int]:
    """Where such characters are, in code points."""
    return [] if text.isascii() else [found.start() for found in _HIDDEN.finditer(text)]
