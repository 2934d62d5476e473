"""The pane on the left: new conversation, search, and the list of conversations."""

from PySide6.QtCore import QAbstractItemModel, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.ui.history.view import HistoryView
from desktop.ui.icons import Icon, icon
from desktop.ui.theme import Roles, light_roles

WIDTH_PX = 264
"""Width of the pane before anyone moved its edge."""

_MIN_WIDTH_PX = 180
_MARGIN = 14


class HistoryPanel(QFrame):
    """The list of conversations with what belongs to it.

    Signals:
        new_requested(): New conversation was pressed.
        search_changed(text): What is searched for, on each key; "" shows all again.
        opened(id): A conversation was chosen in the list.
        rename_requested(id, title): A new title was typed.
        delete_requested(id): A conversation shall go.
    """

    new_requested = Signal()
    search_changed = Signal(str)
    opened = Signal(int)
    rename_requested = Signal(int, str)
    delete_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: QAbstractItemModel | None = None
        self.setMinimumWidth(_MIN_WIDTH_PX)
        self._new = QPushButton(self.tr("New conversation"), self)
        self._new.setAccessibleName(self.tr("New conversation"))
        self._new.setProperty("primary", "true")
        self._new.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._search = QLineEdit(self)
        self._search.setAccessibleName(self.tr("Search history"))
        self._search.setPlaceholderText(self.tr("Search history"))
        self._search.setMaxLength(1000)
        self._clear = QAction(self.tr("Clear the search"), self)
        self._search.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setVisible(False)
        self._empty = QLabel(self)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setProperty("look", "muted")
        self._empty.setWordWrap(True)
        self._empty.hide()
        self._view = HistoryView(self)
        self._lay_out()
        self._connect()
        self.set_roles(light_roles())

    def set_model(self, model: QAbstractItemModel) -> None:
        """Shows a model with the roles of ``HistoryRole``; its owner keeps it."""
        if self._model is not None:
            for signal in _row_signals(self._model):
                signal.disconnect(self._show_empty)
        self._model = model
        self._view.set_model(model)
        for signal in _row_signals(model):
            signal.connect(self._show_empty)
        self._show_empty()

    def set_current(self, conversation_id: int | None) -> None:
        """Marks the open conversation, or none; no signal follows."""
        self._view.set_open(conversation_id)

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._new.setIcon(icon(Icon.PLUS, roles.on_accent))
        self._clear.setIcon(icon(Icon.CLOSE, roles.muted))
        self._view.set_roles(roles)

    def focus_search(self) -> None:
        """Puts the caret into the search field, all of it selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def focus_list(self) -> None:
        """Puts the keyboard into the list."""
        self._view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def rename_current(self) -> None:
        """Opens the editor on the title of the current conversation."""
        self._view.rename_current()

    def sizeHint(self) -> QSize:
        """As wide as the pane starts."""
        return QSize(WIDTH_PX, super().sizeHint().height())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 0)
        column.setSpacing(8)
        for widget in (self._new, self._search, self._empty):
            column.addWidget(widget)
        column.addWidget(self._view, 1)

    def _connect(self) -> None:
        self._new.clicked.connect(self.new_requested)
        self._search.textChanged.connect(self._on_search_changed)
        self._clear.triggered.connect(self._search.clear)
        self._view.opened.connect(self.opened)
        self._view.rename_requested.connect(self.rename_requested)
        self._view.delete_requested.connect(self.delete_requested)

    def _on_search_changed(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self.search_changed.emit(text)
        self._show_empty()

    def _show_empty(self) -> None:
        """Says why there is nothing to see, if there is nothing."""
        is_empty = self._model is not None and self._model.rowCount() == 0
        if self._search.text():
            self._empty.setText(self.tr("Nothing found. Try fewer letters."))
        else:
            self._empty.setText(self.tr("Your conversations appear here."))
        self._empty.setVisible(is_empty)


def _row_signals(model: QAbstractItemModel) -> tuple[SignalInstance, ...]:
    """The signals after which a model may have become empty, or not be so any more."""
    return (model.modelReset, model.rowsInserted, model.rowsRemoved)
