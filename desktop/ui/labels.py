"""Labels that never take their text for anything but text."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_label(text: str, parent: QWidget, look: str = "", *, is_wrapped: bool = True) -> QLabel:
    """A label with plain text.

    Args:
        text: Shown literally.
        parent: Its owner.
        look: What it is for; the style sheet's word, or "" for ordinary text.
        is_wrapped: Whether long text goes on in the next line.
    """
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(is_wrapped)
    label.setProperty("look", look)
    return label
