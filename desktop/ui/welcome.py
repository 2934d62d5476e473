"""The first page of someone without a key: the steps to the first reply."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.errors import KEYS_PAGE
from desktop.domain.keys import KeyStatus
from desktop.ui.keyring_card import KeyringCard
from desktop.ui.labels import plain_label
from desktop.ui.link_button import LinkButton

SIGN_UP_PAGE = "https://aimlapi.com/app/sign-up"
"""Source: https://docs.aimlapi.com/quickstart/setting-up (August 2026)."""

WIDTH_PX = 560
_NUMBER_PX = 24


class WelcomePage(QScrollArea):
    """How to get from nothing to a reply.

    Signals:
        enter_key_requested(): The user has a key.
        demo_requested(): The user wants to look around without one.
        link_activated(url): One of the provider's pages was asked for.
    """

    enter_key_requested = Signal()
    demo_requested = Signal()
    link_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._column = QWidget(self)
        self._column.setMaximumWidth(WIDTH_PX)
        self._title = plain_label(self.tr("Welcome to Sounding"), self._column, "heading")
        self._keyring = KeyringCard(self._column)
        self._lay_out()
        self.set_status(KeyStatus())

    def set_status(self, status: KeyStatus) -> None:
        """Says what is wrong with the keyring, if anything is known to be."""
        self._keyring.set_status(status)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(self._heading())
        column.addWidget(self._steps())
        column.addWidget(self._keyring)
        column.addLayout(self._buttons())
        page = QWidget(self)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(self._column, 1000)
        centre.addStretch(1)
        rows = QVBoxLayout(page)
        rows.setContentsMargins(24, 24, 24, 24)
        rows.addStretch(1)
        rows.addLayout(centre)
        rows.addStretch(1)
        self.setWidget(page)
        page.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def _heading(self) -> QVBoxLayout:
        text = self.tr("Chat with GPT-5.1 through the AI/ML API. Four steps to the first reply:")
        rows = QVBoxLayout()
        rows.setSpacing(6)
        rows.addWidget(self._title)
        rows.addWidget(plain_label(text, self._column, "muted"))
        return rows

    def _steps(self) -> QFrame:
        card = QFrame(self._column)
        card.setObjectName("card")
        rows = QVBoxLayout(card)
        rows.setContentsMargins(18, 16, 18, 16)
        rows.setSpacing(16)
        sign_up = self._link(self.tr("Sign up"), SIGN_UP_PAGE)
        keys = self._link(self.tr("Open the key page"), KEYS_PAGE.url)
        steps = (
            (self.tr("Create an account"), self.tr("At the AI/ML API, in your browser."), sign_up),
            (
                self.tr("Generate a key"),
                self.tr("Check that the list of keys shows it as enabled."),
                keys,
            ),
            (
                self.tr("Paste it here"),
                self.tr("Press “Enter API key”. It is never written to a file."),
                None,
            ),
            (self.tr("Say hello"), self.tr("Type below, then press Enter."), None),
        )
        for number, (title, text, link) in enumerate(steps, start=1):
            rows.addLayout(_step(card, number, title, text, link))
        return card

    def _link(self, text: str, url: str) -> LinkButton:
        link = LinkButton(text, url, self._column)
        link.link_activated.connect(self.link_activated)
        return link

    def _buttons(self) -> QVBoxLayout:
        enter = QPushButton(self.tr("Enter API key"), self._column)
        enter.setProperty("primary", "true")
        enter.clicked.connect(self.enter_key_requested)
        demo = QPushButton(self.tr("Try the demo"), self._column)
        demo.clicked.connect(self.demo_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (enter, demo):
            button.setProperty("large", "true")
            buttons.addWidget(button)
        buttons.addStretch(1)
        text = self.tr("The demo answers from this computer: no key, no account, no cost.")
        rows = QVBoxLayout()
        rows.setSpacing(8)
        rows.addLayout(buttons)
        rows.addWidget(plain_label(text, self._column, "small"))
        return rows


def _step(
    parent: QWidget, number: int, title: str, text: str, link: LinkButton | None
) -> QHBoxLayout:
    badge = plain_label(str(number), parent, is_wrapped=False)
    badge.setObjectName("stepNumber")
    badge.setFixedSize(_NUMBER_PX, _NUMBER_PX)
    badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(plain_label(title, parent, "strong"))
    words.addWidget(plain_label(text, parent, "muted"))
    row = QHBoxLayout()
    row.setSpacing(14)
    row.addWidget(badge)
    row.addLayout(words, 1)
    if link is not None:
        link.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(link)
    return row
