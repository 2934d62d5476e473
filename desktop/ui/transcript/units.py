"""UTF-16 positions in Python text: Qt counts code units, Python counts code points."""

from bisect import bisect_left

_LAST_BMP = "\uffff"


def is_flat(text: str) -> bool:
    """Whether positions in both countings are the same: no character above U+FFFF."""
    return text.isascii() or max(text, default="") <= _LAST_BMP


def unit_count(text: str) -> int:
    """Length of the text in UTF-16 units."""
    return len(text) if is_flat(text) else len(text.encode("utf-16-le", "surrogatepass")) // 2


def unit_slice(text: str, start: int, end: int | None = None) -> str:
    """The text between two UTF-16 positions; a half character at an end is left out."""
    if is_flat(text):
        return text[start:end]
    raw = text.encode("utf-16-le", "surrogatepass")
    piece = raw[2 * start : None if end is None else 2 * end]
    return piece.decode("utf-16-le", "ignore")


class UnitMap:
    """Converts code point positions of one text to UTF-16 positions."""

    __slots__ = ("_wide",)

    def __init__(self, text: str) -> None:
        flat = is_flat(text)
        self._wide = [] if flat else [i for i, char in enumerate(text) if char > _LAST_BMP]

    def to_units(self, position: int) -> int:
        """UTF-16 position of a code point position."""
        return position + bisect_left(self._wide, position) if self._wide else position
