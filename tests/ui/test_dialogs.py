"""The dialogs about shortcuts and about the application."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop import __version__
from desktop.ui.about_dialog import AboutDialog
from desktop.ui.actions import Actions
from desktop.ui.shortcuts_dialog import ShortcutsDialog


def rows(table: QTableWidget) -> list[tuple[str, str]]:
    return [
        (table.item(line, 0).text(), table.item(line, 1).text()) for line in range(table.rowCount())
    ]


def test_the_shortcuts_are_those_of_the_menus_and_the_fixed_ones(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window)
    actions.fill(window.menuBar())
    dialog = ShortcutsDialog(window, actions.rows())
    dialog.open()
    shown = rows(dialog.findChildren(QTableWidget)[0])
    assert shown[: len(actions.rows())] == actions.rows()
    assert ("New conversation", "Ctrl+N") in shown
    assert {"Enter", "Shift+Enter", "Up", "F7"} <= {keys for _, keys in shown}
    dialog.close()


def test_about_names_version_and_licences(qtbot: QtBot) -> None:
    dialog = AboutDialog(None, lambda: "")
    dialog.open()
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert __version__ in words
    assert "MIT" in words
    licences = dict(rows(dialog.findChildren(QTableWidget)[0]))
    assert licences["Qt and PySide6"] == "LGPL-3.0"
    with qtbot.waitSignal(dialog.destroyed, timeout=1000):
        dialog.close()
    assert not isValid(dialog)


def test_about_copies_diagnostics_when_asked(qtbot: QtBot) -> None:
    asked: list[str] = []

    def diagnostics() -> str:
        asked.append("once")
        return "Sounding 1\nLinux"

    dialog = AboutDialog(None, diagnostics)
    dialog.open()
    assert asked == []
    copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Copy diagnostics")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Sounding 1\nLinux"
    assert "Copied." in [label.text() for label in dialog.findChildren(QLabel)]
    dialog.close()
