"""Asks for the API key; it checks the form of the text and leaves the rest to who listens."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.errors import KEYS_PAGE, CredentialError, DesktopError, NetworkError
from desktop.domain.keys import KeyStatus, SecretKey
from desktop.ui.keyring_card import KeyringCard, can_keep
from desktop.ui.labels import plain_label
from desktop.ui.link_button import LinkButton

MIN_FIELD_PX = 380
_Role = QDialogButtonBox.ButtonRole


class KeyDialog(QDialog):
    """One field for one key; it closes when its owner accepts the key.

    Signals:
        submitted(text, is_tested, is_kept): A text with the form of a key; whether to test it
            first, and whether to keep it in the keyring.
        link_activated(url): A page of the provider was asked for.
    """

    submitted = Signal(str, bool, bool)
    link_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Enter API key"))
        self._status = KeyStatus()
        self._is_testing = True
        self._field = QLineEdit(self)
        self._eye = QPushButton(self)
        self._message = plain_label("", self)
        self._link = LinkButton(parent=self)
        self._place = plain_label("", self, "muted")
        self._keyring = KeyringCard(self)
        self._buttons = QDialogButtonBox(self)
        self._test = self._button(_Role.AcceptRole, is_tested=True)
        self._save = self._button(_Role.ActionRole, is_tested=False)
        self._cancel = self._buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._prepare_field()
        self._prepare_buttons()
        self._lay_out()
        self._connect()
        self._say("")
        self.set_status(self._status)
        self._field.setFocus()

    def set_status(self, status: KeyStatus) -> None:
        """Takes what is known about the keyring: whether the key can be kept."""
        self._status = status
        self._keyring.set_status(status)
        if can_keep(status):
            self._test.setText(self.tr("Test and save"))
            self._save.setText(self.tr("Save without testing"))
            keyring = status.backend or self.tr("your system's keyring")
            place = self.tr("It is kept in {keyring} and nowhere else.").format(keyring=keyring)
        else:
            self._test.setText(self.tr("Test and use for this run"))
            self._save.setText(self.tr("Use without testing"))
            place = self.tr("It is forgotten when Sounding ends.")
        self._place.setText(place)

    def set_busy(self, is_busy: bool) -> None:
        """Shows that the key is being tested or kept; Cancel stays possible."""
        for widget in (self._field, self._eye, self._test, self._save):
            widget.setEnabled(not is_busy)
        if is_busy:
            self._say(
                self.tr("Testing the key…") if self._is_testing else self.tr("Saving the key…")
            )
        elif self._message.property("look") != "error":
            self._say("")
        (self._cancel if is_busy else self._field).setFocus()

    def show_error(self, error: DesktopError) -> None:
        """Says why the key was not taken and where to act."""
        lines = [error.user_text, error.provider_text]
        if isinstance(error, NetworkError):
            lines.append(self.tr("Offline? Press “{button}”.").format(button=self._save.text()))
        link = None if error.link == KEYS_PAGE else error.link  # that one is always there
        self._say("\n".join(line for line in lines if line), "error")
        if link is not None:
            self._link.set_link(link.text, link.url)
        self._link.setVisible(link is not None)

    def done(self, result: int) -> None:
        """Closes; the field and its history forget the key."""
        self._field.setText("")
        super().done(result)

    # -- building ------------------------------------------------------------------------------

    def _button(self, role: QDialogButtonBox.ButtonRole, *, is_tested: bool) -> QPushButton:
        button = QPushButton(self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._submit(is_tested=is_tested))
        self._buttons.addButton(button, role)
        return button

    def _prepare_field(self) -> None:
        hints = Qt.InputMethodHint
        self._field.setAccessibleName(self.tr("API key"))
        self._field.setPlaceholderText(self.tr("Paste your key"))
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setInputMethodHints(
            hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase
        )
        self._field.setMinimumWidth(MIN_FIELD_PX)
        self._eye.setCheckable(True)
        self._eye.setAutoDefault(False)
        self._show_key(is_shown=False)

    def _prepare_buttons(self) -> None:
        font = self._test.font()
        font.setWeight(QFont.Weight.DemiBold)  # as the style draws it; room is kept by the font
        self._test.setFont(font)
        self._test.setProperty("primary", "true")
        self._test.setDefault(True)
        self._cancel.setAutoDefault(False)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("API key"), self)
        label.setProperty("look", "strong")
        label.setAccessibleName(self.tr("API key:"))
        label.setBuddy(self._field)
        page = LinkButton(KEYS_PAGE.text, KEYS_PAGE.url, self)
        page.link_activated.connect(self.link_activated)
        head, line, error = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(label, 1)
        head.addWidget(page)
        line.setSpacing(8)
        line.addWidget(self._field, 1)
        line.addWidget(self._eye)
        error.addWidget(self._message, 1)
        error.addWidget(self._link, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        for row in (head, line, error):
            column.addLayout(row)
        column.addWidget(self._place)
        column.addWidget(self._keyring)
        column.addSpacing(8)
        column.addWidget(self._buttons)
        QWidget.setTabOrder(self._field, self._eye)
        QWidget.setTabOrder(self._eye, page)

    def _connect(self) -> None:
        self._eye.toggled.connect(lambda is_shown: self._show_key(is_shown=is_shown))
        self._field.textEdited.connect(lambda: self._say(""))
        self._cancel.clicked.connect(self.reject)
        self._link.link_activated.connect(self.link_activated)

    # -- reactions -----------------------------------------------------------------------------

    def _show_key(self, *, is_shown: bool) -> None:
        """Shows the key or dots; dots cannot be copied."""
        mode = QLineEdit.EchoMode
        self._field.setEchoMode(mode.Normal if is_shown else mode.Password)
        self._eye.setText(self.tr("Hide") if is_shown else self.tr("Show"))
        self._eye.setAccessibleName(self.tr("Show the key"))

    def _submit(self, *, is_tested: bool) -> None:
        text = self._field.text()
        try:
            SecretKey(text)
        except CredentialError as error:
            self.show_error(error)
            self._field.setFocus()
            return
        self._is_testing = is_tested
        self._say("")
        self.submitted.emit(text, is_tested, can_keep(self._status))

    def _say(self, text: str, look: str = "muted") -> None:
        """Shows a message below the field and tells it to screen readers; "" shows none."""
        self._message.setText(text)
        self._message.setVisible(bool(text))
        self._link.hide()
        if self._message.property("look") != look:
            self._message.setProperty("look", look)
            self._message.style().unpolish(self._message)
            self._message.style().polish(self._message)
        if text:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._message, text))
