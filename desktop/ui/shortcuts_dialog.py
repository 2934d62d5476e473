"""The list of keyboard shortcuts."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from desktop.ui.plain_table import plain_table


class ShortcutsDialog(QDialog):
    """Every command with a shortcut, and the keys that are no command."""

    def __init__(self, parent: QWidget | None, rows: list[tuple[str, str]]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(460, 560)
        headers = (self.tr("What it does"), self.tr("Keys"))
        table = plain_table(self, headers, rows + self._fixed_rows())
        table.setAccessibleName(self.tr("Keyboard shortcuts"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(table, 1)
        column.addWidget(buttons)

    def _fixed_rows(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Send, in the message box"), self.tr("Enter")),
            (self.tr("New line, in the message box"), self.tr("Shift+Enter")),
            (self.tr("Edit the last message, in an empty message box"), self.tr("Up")),
            (self.tr("Leave the message box"), self.tr("Tab")),
            (self.tr("Read message by message, in the transcript"), self.tr("Up, Down")),
            (self.tr("Select by keyboard, in the transcript"), self.tr("F7")),
            (self.tr("Open the menu of what has the keyboard"), self.tr("Shift+F10")),
        ]
