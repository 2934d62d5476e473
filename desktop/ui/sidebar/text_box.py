"""A box for a text that is sent exactly as it was typed."""

import re

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from desktop.ui.composer.editor import LONG_RUN, longest_run

MIN_LINES, MAX_LINES = 3, 10
_SLACK_PX = 2
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufdd0\ufdd1]")
"""NUL, lone surrogates, and the two code points with which Qt marks frames in a document."""


class TextBox(QPlainTextEdit):
    """Plain text that takes the height of its lines, within limits; Tab leaves it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def text(self) -> str:
        """The text as typed: line feeds between lines, no-break spaces kept."""
        raw = self.document().toRawText()
        return raw.replace("\u2029", "\n").replace("\u2028", "\n")

    def set_text(self, text: str) -> None:
        """Puts a text in place of all; it cannot be undone."""
        text = _UNSTORABLE.sub("", text)
        self._wrap_for(text)
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in what is pasted or dropped."""
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Takes the plain text of a paste or drop, as one step that can be undone."""
        text = _UNSTORABLE.sub("", source.text())
        self._wrap_for(text)
        self.textCursor().insertText(text)
        self.ensureCursorVisible()

    def _wrap_for(self, text: str) -> None:
        """Wraps anywhere from now on if the text has a very long word: between words is slow."""
        if len(text) > LONG_RUN and longest_run(text) > LONG_RUN:
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)

    def _fit(self) -> None:
        """Makes the box as high as its lines; the document's height is counted in lines."""
        wanted = int(self.document().size().height())
        lines = max(MIN_LINES, min(wanted, MAX_LINES))
        margins = self.contentsMargins()
        extra = margins.top() + margins.bottom() + 2 * int(self.document().documentMargin())
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + extra + _SLACK_PX)
