"""Where a text position lies in an element that is laid out, found by asking what is hit where.

Elements answer which position is nearest to a point. Both lines and the positions in a line are in
order, so halving finds the point of a position in some twenty questions.
"""

from collections.abc import Callable

from desktop.ui.transcript.elements import Element

FAR = 40_000.0
"""Further to a side than any line is long."""

_UNKNOWN = 3.0
"""Half the width of a character that stands alone in its line, about."""


def line_start(element: Element, y: float) -> int:
    """The first text position of the line at a height."""
    return min(element.hit(-FAR, y), element.hit(FAR, y))


def line_end(element: Element, y: float) -> int:
    """The last text position of the line at a height."""
    return max(element.hit(-FAR, y), element.hit(FAR, y))


def line_span(element: Element, unit: int) -> tuple[float, float]:
    """Top and bottom of the line that holds a text position, relative to the element."""
    height = max(int(element.height), 1)
    below = _first(0, height, lambda y: line_start(element, y) > unit)
    start = line_start(element, below - 1.0)
    return float(_first(0, below, lambda y: line_start(element, y) >= start)), float(below)


def caret_x(element: Element, unit: int, y: float) -> float:
    """Where in the line at a height a text position lies, relative to the element.

    Between the middles of the characters beside it: exact where both are of one width.
    """
    is_ltr = element.hit(-FAR, y) <= element.hit(FAR, y)
    before, after = _middle(element, unit, y), _middle(element, unit + 1, y)
    if before <= -FAR:
        width = _middle(element, unit + 2, y) - after
        x = after - (width / 2 if width < FAR else _UNKNOWN)
    elif after >= FAR:
        width = before - _middle(element, unit - 1, y)
        x = before + (width / 2 if width < FAR else _UNKNOWN)
    else:
        x = (before + after) / 2
    if abs(x) > FAR / 2:
        x = 0.0
    return x if is_ltr else -x


def _middle(element: Element, unit: int, y: float) -> float:
    """Where a line's positions from one on begin to be nearest, counted in its direction."""
    far = int(FAR)
    if element.hit(-FAR, y) <= element.hit(FAR, y):
        return float(_first(-far, far, lambda x: element.hit(x, y) >= unit))
    return float(_first(-far, far, lambda x: element.hit(-x, y) >= unit))


def _first(low: int, high: int, holds: Callable[[float], bool]) -> int:
    """The lowest number from which on something holds, ``high`` if it does nowhere below."""
    while low < high:
        middle = (low + high) // 2
        if holds(float(middle)):
            high = middle
        else:
            low = middle + 1
    return low
