"""What the state of the keyring means for a key, and what can be done about it."""

import sys

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.domain.keys import KeyringState, KeyStatus
from desktop.ui.labels import plain_label

_TITLES = {
    KeyringState.ABSENT: "No keyring here: use the key for this run only",
    KeyringState.UNSAFE: "No safe keyring here: use the key for this run only",
    KeyringState.LOCKED: "The keyring is locked",
    KeyringState.DENIED: "The keyring refused access",
    KeyringState.TIMEOUT: "The keyring does not answer",
}
_ADVICE_LINUX = (
    "To keep it between runs, install GNOME Keyring (gnome-keyring) or KWallet, then log out and "
    "in again."
)
_ADVICE_MAC = (
    "To keep it between runs, open Keychain Access, make sure that there is a login keychain, "
    "and start Sounding again."
)
_ADVICE_WINDOWS = (
    "To keep it between runs, start the Windows service “Credential Manager”, then start "
    "Sounding again."
)
_TRY_AGAIN = {
    KeyringState.LOCKED: "Unlock it when your system asks, or use the key for this run only.",
    KeyringState.DENIED: "Allow access when your system asks, or use the key for this run only.",
    KeyringState.TIMEOUT: "Look for a question behind this window, or log out and in again.",
}


def can_keep(status: KeyStatus) -> bool:
    """Whether it makes sense to try to save a key."""
    return status.state not in (KeyringState.ABSENT, KeyringState.UNSAFE)


def keyring_title(status: KeyStatus) -> str:
    """What is wrong with the keyring in a line; "" if nothing is known to be."""
    return _tr(_TITLES.get(status.state, ""))


def keyring_advice(status: KeyStatus, platform: str = sys.platform) -> str:
    """What to do about it, one or two sentences; "" if nothing is known to be wrong."""
    if status.state in _TRY_AGAIN:
        return _tr(_TRY_AGAIN[status.state])
    if can_keep(status):
        return ""
    if platform == "darwin":
        return _tr(_ADVICE_MAC)
    return _tr(_ADVICE_WINDOWS if platform == "win32" else _ADVICE_LINUX)


class KeyringCard(QFrame):
    """What is wrong with the keyring and what to do; hidden while nothing is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("keyringCard")
        self._title = plain_label("", self, "strong")
        self._advice = plain_label("", self, "muted")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 12, 18, 12)
        rows.setSpacing(4)
        rows.addWidget(self._title)
        rows.addWidget(self._advice)

    def set_status(self, status: KeyStatus) -> None:
        """Shows what the state of the keyring asks for."""
        title = keyring_title(status)
        self._title.setText(title)
        self._advice.setText(keyring_advice(status))
        self.setVisible(bool(title))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Keyring", text) if text else ""
