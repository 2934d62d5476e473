"""Where a text position lies in an element that is laid out, found by asking what is hit where.

Elements answer which position is nearest to a point. Both lines and the positions in a line are in
order, so halving finds the point of a position in some twenty questions.
"""

from collections.abc import Callable

from desktop.ui.transcript.elements import Element

FAR = 40_000.0
"""Further to a side than any line is long."""


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
    """Where in the line at a height a text position lies, relative to the element."""
    far = int(FAR)
    if element.hit(-FAR, y) <= element.hit(FAR, y):
        return float(_first(-far, far, lambda x: element.hit(x, y) >= unit))
    return float(_first(-far, far, lambda x: element.hit(x, y) <= unit))


def _first(low: int, high: int, holds: Callable[[float], bool]) -> int:
    """The lowest number from which on something holds, ``high`` if it does nowhere below."""
    while low < high:
        middle = (low + high) // 2
        if holds(float(middle)):
            high = middle
        else:
            low = middle + 1
    return low
