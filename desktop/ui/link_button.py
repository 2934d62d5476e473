"""A button that looks like a link, so that keyboard and screen readers reach it as a control."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget


class LinkButton(QPushButton):
    """A link to a web page; whoever listens opens it.

    Signals:
        link_activated(url): It was pressed.
    """

    link_activated = Signal(str)

    def __init__(self, text: str = "", url: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._url = url
        self.setProperty("link", "true")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.setToolTip(url)
        self.clicked.connect(self._on_clicked)

    def set_link(self, text: str, url: str) -> None:
        """Leads elsewhere."""
        self._url = url
        self.setText(text)
        self.setToolTip(url)

    def _on_clicked(self) -> None:
        self.link_activated.emit(self._url)
