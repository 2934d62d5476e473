"""The line at the bottom: where the application is connected to, and what it cost."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop.ui.theme import Roles, light_roles

State = Literal["unknown", "ok", "busy", "failed"]

_DOT_PX = 9
_SPACING = 14


class StatusLine(QFrame):
    """Short facts; an empty text hides its label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = light_roles()
        self._state: State = "unknown"
        self._dot = _Dot(self)
        self._host = self._label(self.tr("Connection"))
        self._key = self._label(self.tr("Key"))
        self._badge = QLabel(self.tr("DEMO"), self)
        self._badge.setProperty("look", "badge")
        self._badge.setAccessibleName(self.tr("Demo: replies are canned and nothing is billed"))
        self._badge.hide()
        self._cost = self._label(self.tr("Cost of this conversation"))
        self._balance = self._label(self.tr("Balance"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 14, 4)
        row.setSpacing(_SPACING)
        connection = QHBoxLayout()
        connection.setSpacing(6)
        connection.addWidget(self._dot)
        connection.addWidget(self._host)
        row.addLayout(connection)
        row.addWidget(self._badge)
        row.addWidget(self._key)
        row.addStretch(1)
        row.addWidget(self._cost)
        row.addWidget(self._balance)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_host(self, host: str) -> None:
        """Says which host is talked to."""
        self._show(self._host, host)
        self._dot.setVisible(bool(host))

    def set_state(self, state: State, detail: str = "") -> None:
        """Says how the last call to the host went.

        Args:
            state: The colour of the dot.
            detail: A sentence for the tool tip, and for those who do not see the dot.
        """
        self._state = state
        self._host.setAccessibleDescription(detail)
        self._host.setToolTip(detail)
        self._dot.setToolTip(detail)
        self._show_dot()

    def set_key(self, text: str) -> None:
        """Says where the key is: "Key in GNOME Keyring"."""
        self._show(self._key, text)

    def set_cost(self, text: str) -> None:
        """Says what this conversation cost: "This conversation $0.01"."""
        self._show(self._cost, text)

    def set_balance(self, text: str) -> None:
        """Says what is left: "Balance $12.34"."""
        self._show(self._balance, text)

    def set_demo(self, is_demo: bool) -> None:
        """Shows or hides the badge of the demo."""
        self._badge.setVisible(is_demo)

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles
        self._show_dot()

    def _label(self, description: str) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("look", "muted")
        label.setAccessibleDescription(description)
        label.hide()
        return label

    @staticmethod
    def _show(label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _show_dot(self) -> None:
        roles = self._roles
        colors = {"ok": roles.ok, "busy": roles.warning, "failed": roles.error}
        self._dot.set_color(colors.get(self._state, roles.faint))


class _Dot(QWidget):
    """A coloured dot; its meaning is in words beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._color = QColor()
        self.setFixedSize(QSize(_DOT_PX, _DOT_PX))
        self.hide()

    def set_color(self, color: QColor) -> None:
        """Takes another colour."""
        self._color = color
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        painter.drawEllipse(QRectF(self.rect()))
        painter.end()
