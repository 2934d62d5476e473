"""Shows the whole address of a link and asks whether to open it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.ui.labels import plain_label
from desktop.ui.links import full_address, host_of, is_punycode

_MIN_WIDTH_PX = 460
_ADDRESS_LINES = 5
_Role = QDialogButtonBox.ButtonRole


class LinkDialog(QDialog):
    """The address as plain text that can be selected, its host in bold.

    Signals:
        confirmed(url): Open it.
    """

    confirmed = Signal(str)

    def __init__(self, parent: QWidget | None, text: str, url: str) -> None:
        """Asks about a link.

        Args:
            parent: The window.
            text: What was shown of the link.
            url: Where it leads; a refused address can only be copied.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Open link?"))
        self.setMinimumWidth(_MIN_WIDTH_PX)
        self._url = url
        self._host = host_of(url)
        self._shown = full_address(url) or url
        self._address = QPlainTextEdit(self)
        self._buttons = QDialogButtonBox(self)
        self._open = self._buttons.addButton(self.tr("Open"), _Role.AcceptRole)
        self._copy = self._button(self.tr("Copy address"), _Role.ActionRole)
        self._cancel = self._button(self.tr("Cancel"), _Role.RejectRole)
        self._copied = plain_label("", self, "muted", is_wrapped=False)
        self._prepare()
        self._lay_out(" ".join(text.split()))

    def _button(self, text: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        made = self._buttons.addButton(text, role)
        made.setAutoDefault(False)
        return made

    def _prepare(self) -> None:
        self._show_address()
        self._open.setDefault(True)
        self._open.setEnabled(bool(self._host))
        (self._open if self._host else self._cancel).setFocus()
        self._buttons.accepted.connect(self._on_buttons_accepted)
        self._buttons.rejected.connect(self.reject)
        self._copy.clicked.connect(self._on_copy_clicked)

    def _show_address(self) -> None:
        address = self._address
        address.setPlainText(self._shown)
        address.setReadOnly(True)
        address.setTabChangesFocus(True)
        address.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        address.setAccessibleName(self.tr("Address"))
        address.setFixedHeight(address.fontMetrics().lineSpacing() * _ADDRESS_LINES)
        start = self._shown.lower().find(self._host) if self._host else -1
        if start >= 0:
            cursor = QTextCursor(address.document())
            cursor.setPosition(start)
            cursor.setPosition(start + len(self._host), QTextCursor.MoveMode.KeepAnchor)
            bold = QTextCharFormat()
            bold.setFontWeight(QFont.Weight.Bold)
            cursor.mergeCharFormat(bold)

    def _lay_out(self, text: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        for line in self._lines(text):
            column.addWidget(plain_label(line, self))
        column.addWidget(self._address)
        footer = QHBoxLayout()
        footer.addWidget(self._copied, 1)
        footer.addWidget(self._buttons)
        column.addLayout(footer)

    def _lines(self, text: str) -> list[str]:
        """What is said above the address."""
        if not self._host:
            return [self.tr("Only plain web and mail addresses can be opened. This one is not.")]
        leads = self.tr("This link opens {host}.")
        if self._shown.startswith("mailto:"):
            leads = self.tr("This link writes to {host}.")
        lines = [leads.replace("{host}", self._host)]
        if _names_a_host(text):
            told = self.tr("Its text names another address: {text}")
            lines.append(told.replace("{text}", f"\u2068{text[:_MAX_TEXT]}\u2069"))
        if is_punycode(self._host):
            lines.append(
                self.tr("The name has letters beyond a to z; they may look like other letters.")
            )
        return lines

    def _on_buttons_accepted(self) -> None:
        self.confirmed.emit(self._url)
        self.accept()

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._shown)
        self._copied.setText(self.tr("Copied."))


_MAX_TEXT = 120


def _names_a_host(text: str) -> bool:
    """Whether a link's text looks like an address itself."""
    return " " not in text and "." in text.strip(".")
