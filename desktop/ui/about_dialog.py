"""What this is, under which licences, and what a bug report needs."""

from collections.abc import Callable

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import __version__
from desktop.ui.icons import app_icon
from desktop.ui.labels import plain_label
from desktop.ui.plain_table import plain_table

LICENCES = (
    ("Qt and PySide6", "LGPL-3.0"),
    ("apsw", "any OSI"),
    ("SQLite", "Public domain"),
    ("certifi", "MPL-2.0"),
    ("h11", "MIT"),
    ("httpx and httpcore", "BSD-3-Clause"),
    ("keyring", "MIT"),
    ("markdown-it-py", "MIT"),
    ("msgspec", "BSD-3-Clause"),
    ("platformdirs", "MIT"),
    ("Pygments", "BSD-2-Clause"),
    ("Python", "PSF-2.0"),
    ("qasync", "BSD-2-Clause"),
    ("truststore", "MIT"),
    ("ziamath and ziafont", "MIT"),
)
"""Name and licence of what it is built on.

Source: the packages' own metadata.
"""

_ICON_PX = 56


class AboutDialog(QDialog):
    """Version, licences and diagnostics."""

    def __init__(self, parent: QWidget | None, diagnostics: Callable[[], str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Sounding"))
        self.resize(460, 540)
        self._diagnostics = diagnostics
        self._copy = QPushButton(self.tr("Copy diagnostics"), self)
        self._copy.setAutoDefault(False)
        self._copied = plain_label("", self, "muted", is_wrapped=False)
        self._lay_out()
        self._copy.clicked.connect(self._on_copy_clicked)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(self._heading())
        column.addWidget(plain_label(self._notice(), self, "muted"))
        table = plain_table(self, (self.tr("Built on"), self.tr("Licence")), LICENCES)
        table.setAccessibleName(self.tr("Licences"))
        column.addWidget(table, 1)
        column.addLayout(self._footer())

    def _heading(self) -> QHBoxLayout:
        picture = QLabel(self)
        picture.setPixmap(app_icon().pixmap(_ICON_PX, _ICON_PX))
        picture.setAccessibleName(self.tr("Sounding's icon"))
        version = self.tr("Version {version}, Qt {qt}").format(version=__version__, qt=qVersion())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(plain_label(self.tr("Sounding"), self, "title"))
        words.addWidget(plain_label(version, self, "muted"))
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(picture)
        row.addLayout(words, 1)
        return row

    def _notice(self) -> str:
        return self.tr(
            "A workbench for the AI/ML API's GPT-5.1 models. Free software under the MIT licence. "
            "It is not made by the provider."
        )

    def _footer(self) -> QHBoxLayout:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._copy)
        row.addWidget(self._copied, 1)
        row.addWidget(buttons)
        return row

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._diagnostics())
        self._copied.setText(self.tr("Copied."))
