"""Text as it is searched: without case and accents, every blank a space."""

import unicodedata


class _Folds(dict[int, str]):
    """What a character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isspace():
            folded = " "
        else:
            plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
            folded = "".join(part for part in plain if not unicodedata.combining(part))
        self[code] = folded
        return folded


_FOLDS = _Folds()


def folded(text: str) -> str:
    """The text without case, accents and compatibility forms, every blank a space."""
    return text.translate(_FOLDS)


def folded_places(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters the place it comes from.

    The places are None where each character became exactly one.
    """
    folds = {char: _FOLDS[ord(char)] for char in set(text)}
    if all(len(fold) == 1 for fold in folds.values()):
        return folded(text), None
    places = [place for place, char in enumerate(text) for _ in folds[char]]
    return folded(text), places
