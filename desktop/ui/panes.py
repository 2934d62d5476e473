"""The three panes: their widths, what the user collapsed, and what collapses for lack of room."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

NARROW_PX = 900
"""Below this window width the side panes fold away by themselves."""

LEFT, MIDDLE, RIGHT = 0, 1, 2

LEAST_PX = {LEFT: 190, RIGHT: 260}
"""Narrowest useful widths of the side panes."""


class PaneLayout(QObject):
    """Keeps a splitter of history, chat and parameters as the user left it.

    A pane folded by hand stays folded. One that was folded for lack of room comes back with the
    room; one the user opens in a narrow window stays open until the window is resized across
    the limit again.

    Signals:
        changed(): A width or a fold made by the user, to be remembered.
    """

    changed = Signal()

    def __init__(self, splitter: QSplitter, widths: dict[int, int], folded: set[int]) -> None:
        super().__init__(splitter)
        self._splitter = splitter
        self._widths = dict(widths)
        self._folded = set(folded)
        self._is_narrow: bool | None = None
        for pane in (LEFT, RIGHT):
            splitter.setCollapsible(pane, False)
            self._widget(pane).setMinimumWidth(LEAST_PX[pane])
        splitter.setCollapsible(MIDDLE, False)
        splitter.setStretchFactor(MIDDLE, 1)
        splitter.splitterMoved.connect(self._on_splitter_moved)

    def is_shown(self, pane: int) -> bool:
        """Whether a side pane can be seen."""
        return not self._widget(pane).isHidden()

    def set_shown(self, pane: int, is_shown: bool) -> None:
        """Folds or opens a side pane by hand."""
        (self._folded.discard if is_shown else self._folded.add)(pane)
        self._apply(pane, is_shown)
        self.changed.emit()

    def is_folded(self, pane: int) -> bool:
        """Whether the user folded a pane."""
        return pane in self._folded

    def width(self, pane: int) -> int:
        """A side pane's width in pixels, also while it is folded."""
        return self._widths[pane]

    def resized(self, width: int) -> None:
        """The window has another width."""
        is_narrow = width < NARROW_PX
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        for pane in (LEFT, RIGHT):
            self._apply(pane, not is_narrow and pane not in self._folded)

    def _widget(self, pane: int) -> QWidget:
        widget = self._splitter.widget(pane)
        if widget is None:
            raise IndexError(pane)
        return widget

    def _apply(self, pane: int, is_shown: bool) -> None:
        self._widget(pane).setVisible(is_shown)
        self._place()

    def _place(self) -> None:
        total = max(self._splitter.width(), 1)
        sides = [self._widths[p] if self.is_shown(p) else 0 for p in (LEFT, RIGHT)]
        middle = max(total - sum(sides) - 2 * self._splitter.handleWidth(), 1)
        self._splitter.setSizes([sides[0], middle, sides[1]])

    def _on_splitter_moved(self) -> None:
        for pane in (LEFT, RIGHT):
            if self.is_shown(pane):
                self._widths[pane] = self._splitter.sizes()[pane]
        self.changed.emit()


def next_pane(panes: list[QWidget], focused: QWidget | None, step: int) -> QWidget | None:
    """The pane to go to from the focused one, round and round; only visible ones count."""
    shown = [pane for pane in panes if pane.isVisible()]
    if not shown:
        return None
    inside = [n for n, pane in enumerate(shown) if focused and _holds(pane, focused)]
    start = inside[0] if inside else (-1 if step > 0 else 0)
    return shown[(start + step) % len(shown)]


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)


def enter(pane: QWidget) -> None:
    """Gives a pane the keyboard: itself, or its first widget that takes it."""
    target = pane.focusProxy() or pane
    if target.focusPolicy() == Qt.FocusPolicy.NoFocus:
        for child in pane.findChildren(QWidget):
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible():
                target = child
                break
    target.setFocus(Qt.FocusReason.TabFocusReason)
