"""The preferences: key, address, look, sending and time limits."""

from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.keys import BaseUrl, BaseUrlError, KeySource, KeyStatus, parse_base_url
from desktop.ui.labels import plain_label
from desktop.ui.words import key_place

CONNECT_LIMITS_S = (1, 120)
SILENCE_LIMITS_S = (10, 3600)
ZOOM_LIMITS = (50, 300)
SIZE_PX = (540, 620)
_LABEL_PX = 170
_NUMBER_PX = 110


class Preferences(Protocol):
    """The preferences that are shown; the names are those of the settings file."""

    @property
    def base_url(self) -> str:
        """The provider's address."""
        ...

    @property
    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        ...

    @property
    def send_key(self) -> str:
        """``enter`` or ``ctrl_enter``."""
        ...

    @property
    def connect_timeout_s(self) -> float:
        """Seconds for connecting."""
        ...

    @property
    def read_timeout_s(self) -> float:
        """Seconds a reply may be silent."""
        ...

    @property
    def zoom_percent(self) -> int:
        """Size of the conversation's text."""
        ...

    @property
    def announce(self) -> bool:
        """Whether replies are announced to screen readers."""
        ...


class SettingsDialog(QDialog):
    """All preferences on one page; nothing changes before OK.

    Signals:
        accepted_changes(changes): OK was pressed: a dict of the preferences with another value,
            by name; not emitted where there is none.
        replace_key_requested(): Another key shall be entered.
        remove_key_requested(): The key shall be forgotten.
    """

    accepted_changes = Signal(dict)
    replace_key_requested = Signal()
    remove_key_requested = Signal()

    def __init__(self, parent: QWidget | None, preferences: Preferences, folder: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self.resize(*SIZE_PX)
        self._before = preferences
        self._page = QWidget(self)
        self._key = plain_label("", self._page)
        self._key_note = plain_label("", self._page, "muted")
        self._replace = QPushButton(self._page)
        self._remove = QPushButton(self.tr("Remove"), self._page)
        self._make_fields(preferences)
        self._url_note = plain_label("", self._page, "muted")
        for note in (self._key_note, self._url_note):
            note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for button in (self._replace, self._remove):
            button.setAutoDefault(False)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setProperty("primary", "true")
        self._ok.setDefault(True)
        self._lay_out(folder)
        self._connect()
        self.set_status(KeyStatus())
        self._check_url()

    def set_status(self, status: KeyStatus) -> None:
        """Takes which key is in use and where it is."""
        place = key_place(status)
        self._key.setText(f"{status.prefix}…" if status.prefix else place)
        notes = [f"{place}." if status.prefix else "", status.reason]
        self._key_note.setText(" ".join(note for note in notes if note))
        self._key_note.setVisible(any(notes))
        has_none = status.source is KeySource.NONE
        self._replace.setText(self.tr("Enter…") if has_none else self.tr("Replace…"))
        self._replace.setEnabled(status.source is not KeySource.DEMO)
        self._remove.setEnabled(status.source in (KeySource.KEYRING, KeySource.SESSION))
        is_foreign = status.source is KeySource.ENVIRONMENT
        tip = self.tr("It comes from AIML_API_KEY; remove it there.") if is_foreign else ""
        self._remove.setToolTip(tip)
        self._remove.setAccessibleDescription(tip)

    def accept(self) -> None:
        """Tells what changed, and closes."""
        changes = self._changes()
        if changes:
            self.accepted_changes.emit(changes)
        super().accept()

    # -- building ------------------------------------------------------------------------------

    def _make_fields(self, now: Preferences) -> None:
        page = self._page
        self._url = QLineEdit(now.base_url, page)
        themes = (
            ("system", self.tr("As the system has it")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        )
        self._theme = _combo(page, themes, now.theme)
        keys = (("enter", self.tr("Enter")), ("ctrl_enter", self.tr("Ctrl+Enter")))
        self._send_key = _combo(page, keys, now.send_key)
        self._zoom = QSpinBox(page)
        self._zoom.setRange(*ZOOM_LIMITS)
        self._zoom.setSingleStep(10)
        self._zoom.setSuffix(" %")
        self._zoom.setValue(now.zoom_percent)
        self._zoom.setMinimumWidth(_NUMBER_PX)
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._announce = QCheckBox(self.tr("Announce replies to screen readers"), page)
        self._announce.setChecked(now.announce)
        self._connect_s = _seconds(page, CONNECT_LIMITS_S, now.connect_timeout_s)
        self._silence_s = _seconds(page, SILENCE_LIMITS_S, now.read_timeout_s)

    def _lay_out(self, folder: str) -> None:
        column = QVBoxLayout(self._page)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        self._add_account(column)
        self._add_look(column)
        self._add_chat(column)
        self._add_storage(column, folder)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._page)
        area.viewport().setAutoFillBackground(False)
        self._page.setAutoFillBackground(False)
        footer = QHBoxLayout()
        footer.setContentsMargins(20, 8, 20, 16)
        footer.addWidget(self._buttons)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(area, 1)
        rows.addLayout(footer)

    def _add_account(self, column: QVBoxLayout) -> None:
        form = self._group(column, self.tr("Provider"))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._key, 1)
        line.addWidget(self._replace)
        line.addWidget(self._remove)
        self._replace.setAccessibleName(self.tr("Replace API key"))
        self._remove.setAccessibleName(self.tr("Remove API key"))
        label = plain_label(self.tr("API key"), self._page, is_wrapped=False)
        label.setMinimumWidth(_LABEL_PX)
        form.addRow(label, line)
        form.addRow("", self._key_note)
        self._add_row(form, self.tr("Base URL"), self._url)
        form.addRow("", self._url_note)
        self._add_row(form, self.tr("Connect within"), self._connect_s)
        self._add_row(form, self.tr("Give up after silence of"), self._silence_s)

    def _add_look(self, column: QVBoxLayout) -> None:
        form = self._group(column, self.tr("Look"))
        self._add_row(form, self.tr("Theme"), self._theme)
        self._add_row(form, self.tr("Zoom of the conversation"), self._zoom)

    def _add_chat(self, column: QVBoxLayout) -> None:
        form = self._group(column, self.tr("Chat"))
        self._add_row(form, self.tr("Send with"), self._send_key)
        form.addRow("", self._announce)

    def _add_storage(self, column: QVBoxLayout, folder: str) -> None:
        self._group(column, self.tr("What is stored where"))
        text = self.tr(
            "Conversations and settings are in {folder}, readable by you alone but not encrypted. "
            "The key is in the system's keyring and in no file."
        ).format(folder=folder)
        note = plain_label(text, self._page, "muted")
        note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(note)

    def _group(self, column: QVBoxLayout, title: str) -> QFormLayout:
        """A titled group of rows at the end of the page."""
        label = plain_label(title.upper(), self._page, "group")
        label.setAccessibleName(title)
        if column.count():
            column.addSpacing(12)
        column.addWidget(label)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        column.addLayout(form)
        return form

    def _add_row(self, form: QFormLayout, name: str, field: QWidget) -> None:
        label = QLabel(name, self._page)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setBuddy(field)
        label.setMinimumWidth(_LABEL_PX)
        field.setAccessibleName(name)
        if not isinstance(field, QComboBox):
            # On Linux a combo box is named by its label alone; elsewhere the name is the field's.
            label.setAccessibleName(f"{name}:")
        form.addRow(label, field)

    def _connect(self) -> None:
        self._replace.clicked.connect(self.replace_key_requested)
        self._remove.clicked.connect(self.remove_key_requested)
        self._url.textChanged.connect(self._check_url)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    # -- values --------------------------------------------------------------------------------

    def _changes(self) -> dict[str, Any]:
        address, before = _parsed(self._url.text()), _parsed(self._before.base_url)
        now: dict[str, Any] = {
            "theme": self._theme.currentData(),
            "send_key": self._send_key.currentData(),
            "connect_timeout_s": self._connect_s.value(),
            "read_timeout_s": self._silence_s.value(),
            "zoom_percent": self._zoom.value(),
            "announce": self._announce.isChecked(),
        }
        if address is not None and address != before:
            now["base_url"] = address.api_root
        return {name: value for name, value in now.items() if value != getattr(self._before, name)}

    def _check_url(self) -> None:
        """Says where requests will go, or what is wrong with the address; then OK waits."""
        try:
            address = parse_base_url(self._url.text())
        except BaseUrlError as error:
            self._note_url(error.user_text, "error")
            return
        before = _parsed(self._before.base_url)
        host = address.origin.partition("://")[2]
        text = self.tr("Requests go to {host}.").format(host=host)
        if before is not None and before.origin != address.origin:
            text += " " + self.tr("Each address has a key of its own.")
        self._note_url(text, "muted")

    def _note_url(self, text: str, look: str) -> None:
        self._url_note.setText(text)
        self._url.setAccessibleDescription(text)
        self._ok.setEnabled(look != "error")
        if self._url_note.property("look") != look:
            self._url_note.setProperty("look", look)
            self._url_note.style().unpolish(self._url_note)
            self._url_note.style().polish(self._url_note)


def _combo(parent: QWidget, choices: tuple[tuple[str, str], ...], chosen: str) -> QComboBox:
    box = QComboBox(parent)
    for value, text in choices:
        box.addItem(text, value)
    box.setCurrentIndex(max(box.findData(chosen), 0))
    return box


def _seconds(parent: QWidget, limits: tuple[int, int], value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setDecimals(0)
    box.setRange(*limits)
    box.setSuffix(" s")
    box.setValue(value)
    box.setMinimumWidth(_NUMBER_PX)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box


def _parsed(text: str) -> BaseUrl | None:
    try:
        return parse_base_url(text)
    except BaseUrlError:
        return None
