"""The settings dialog."""

from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.domain.keys import KeyringState, KeySource, KeyStatus
from desktop.settings import Settings
from desktop.ui.settings_dialog import SettingsDialog

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def dialog(qtbot: QtBot) -> SettingsDialog:
    dialog = SettingsDialog(None, Settings(), "/data/Sounding")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    return dialog


@pytest.fixture
def changes(dialog: SettingsDialog) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    dialog.accepted_changes.connect(found.append)
    return found


def named(dialog: SettingsDialog, name: str, kind: type[W]) -> W:
    found = [each for each in dialog.findChildren(QWidget) if each.accessibleName() == name]
    assert len(found) == 1, name
    assert isinstance(found[0], kind)
    return found[0]


def texts(dialog: SettingsDialog) -> str:
    return "\n".join(each.text() for each in dialog.findChildren(QLabel) if each.isVisible())


def standard(dialog: SettingsDialog, which: QDialogButtonBox.StandardButton) -> QPushButton:
    return dialog.findChildren(QDialogButtonBox)[0].button(which)


OK, CANCEL = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_ok_tells_only_what_changed(
    dialog: SettingsDialog, changes: list[dict[str, Any]], qtbot: QtBot
) -> None:
    named(dialog, "Theme", QComboBox).setCurrentText("Dark")
    named(dialog, "Zoom of the conversation", QSpinBox).setValue(125)
    press(qtbot, standard(dialog, OK))
    assert changes == [{"theme": "dark", "zoom_percent": 125}]
    assert not dialog.isVisible()


def test_every_preference_can_be_changed(
    dialog: SettingsDialog, changes: list[dict[str, Any]], qtbot: QtBot
) -> None:
    named(dialog, "Base URL", QLineEdit).setText("https://example.org/v1/")
    named(dialog, "Theme", QComboBox).setCurrentText("Light")
    named(dialog, "Send with", QComboBox).setCurrentText("Ctrl+Enter")
    named(dialog, "Zoom of the conversation", QSpinBox).setValue(90)
    named(dialog, "Connect within", QDoubleSpinBox).setValue(20)
    named(dialog, "Give up after silence of", QDoubleSpinBox).setValue(600)
    announce = next(b for b in dialog.findChildren(QCheckBox) if "Announce" in b.text())
    announce.setChecked(False)
    press(qtbot, standard(dialog, OK))
    assert changes == [
        {
            "base_url": "https://example.org",
            "theme": "light",
            "send_key": "ctrl_enter",
            "zoom_percent": 90,
            "connect_timeout_s": 20.0,
            "read_timeout_s": 600.0,
            "announce": False,
        }
    ]
    Settings(**changes[0])


@pytest.mark.parametrize("which", [OK, CANCEL])
def test_nothing_is_told_where_nothing_changed_or_it_was_cancelled(
    dialog: SettingsDialog,
    changes: list[dict[str, Any]],
    qtbot: QtBot,
    which: QDialogButtonBox.StandardButton,
) -> None:
    if which == CANCEL:
        named(dialog, "Theme", QComboBox).setCurrentText("Dark")
    press(qtbot, standard(dialog, which))
    assert changes == []
    assert not dialog.isVisible()


def test_the_same_address_written_otherwise_is_no_change(
    dialog: SettingsDialog, changes: list[dict[str, Any]], qtbot: QtBot
) -> None:
    named(dialog, "Base URL", QLineEdit).setText(" https://API.aimlapi.com:443/v1 ")
    press(qtbot, standard(dialog, OK))
    assert changes == []


def test_an_address_says_where_it_leads_or_what_is_wrong(dialog: SettingsDialog) -> None:
    url = named(dialog, "Base URL", QLineEdit)
    assert "Requests go to api.aimlapi.com." in texts(dialog)
    assert "key of its own" not in texts(dialog)
    url.setText("http://example.org")
    assert "Use https" in url.accessibleDescription()
    assert url.accessibleDescription() in texts(dialog)
    assert not standard(dialog, OK).isEnabled()
    url.setText("https://bücher.example:8443/api")
    assert "Requests go to xn--bcher-kva.example:8443." in texts(dialog)
    assert "key of its own" in texts(dialog)
    assert standard(dialog, OK).isEnabled()


def test_the_key_is_shown_by_its_prefix_and_place(dialog: SettingsDialog) -> None:
    status = KeyStatus(KeySource.KEYRING, KeyringState.READY, "GNOME Keyring", "aimlapi_")
    dialog.set_status(status)
    assert "aimlapi_…" in texts(dialog)
    assert "Key in GNOME Keyring" in texts(dialog)


@pytest.mark.parametrize(
    ("source", "can_replace", "can_remove"),
    [
        (KeySource.NONE, True, False),
        (KeySource.KEYRING, True, True),
        (KeySource.SESSION, True, True),
        (KeySource.ENVIRONMENT, True, False),
        (KeySource.DEMO, False, False),
    ],
)
def test_the_key_s_buttons_fit_its_source(
    dialog: SettingsDialog, source: KeySource, can_replace: bool, can_remove: bool
) -> None:
    dialog.set_status(KeyStatus(source=source))
    replace = named(dialog, "Replace API key", QPushButton)
    remove = named(dialog, "Remove API key", QPushButton)
    assert (replace.isEnabled(), remove.isEnabled()) == (can_replace, can_remove)
    assert ("AIML_API_KEY" in remove.toolTip()) == (source is KeySource.ENVIRONMENT)


def test_replace_and_remove_are_asked_for(dialog: SettingsDialog, qtbot: QtBot) -> None:
    dialog.set_status(KeyStatus(source=KeySource.KEYRING))
    with qtbot.waitSignal(dialog.replace_key_requested, timeout=1000):
        press(qtbot, named(dialog, "Replace API key", QPushButton))
    with qtbot.waitSignal(dialog.remove_key_requested, timeout=1000):
        press(qtbot, named(dialog, "Remove API key", QPushButton))


def test_why_a_key_is_not_kept_is_said(dialog: SettingsDialog) -> None:
    dialog.set_status(KeyStatus(state=KeyringState.ABSENT, reason="No keyring is running here."))
    assert "No keyring is running here." in texts(dialog)


def test_it_says_where_things_are_stored(dialog: SettingsDialog) -> None:
    assert "/data/Sounding" in texts(dialog)


def test_every_field_has_a_label(dialog: SettingsDialog) -> None:
    kinds = (QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox)
    fields = [
        each
        for each in dialog.findChildren(QWidget)
        if isinstance(each, kinds) and each.objectName() != "qt_spinbox_lineedit"
    ]
    labelled = {label.buddy() for label in dialog.findChildren(QLabel)}
    assert len(fields) == 6
    assert set(fields) <= labelled
