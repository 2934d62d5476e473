"""The list itself: which row is the open conversation, and what its keys and menu ask for."""

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QWidget

from desktop.domain.history_roles import HistoryRole
from desktop.ui.theme import Roles

if TYPE_CHECKING:
    from desktop.ui.history.delegate import HistoryDelegate

_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect


class HistoryView(QListView):
    """A list of conversations of which one may be the open one.

    Signals:
        opened(id): A conversation was chosen.
        rename_requested(id, title): A title was typed.
        delete_requested(id): Delete was pressed or chosen.
    """

    opened = Signal(int)
    rename_requested = Signal(int, str)
    delete_requested = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._open_id: int | None = None
        self._shown: QAbstractItemModel | None = None
        self._is_marking = False
        self._delegate: HistoryDelegate | None = None
        self._roles: Roles | None = None
        self.setAccessibleName(self.tr("History"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.activated.connect(self._on_activated)

    def set_model(self, model: QAbstractItemModel) -> None:
        """Shows a model with the roles of ``HistoryRole``; its owner keeps it."""
        if self._delegate is None:
            self._delegate = self._new_delegate()
            self.setItemDelegate(self._delegate)
        if self._shown is not None:
            self._shown.modelReset.disconnect(self.show_open)
            self._shown.rowsInserted.disconnect(self._on_rows_inserted)
        self._shown = model
        self.setModel(model)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        model.modelReset.connect(self.show_open)
        model.rowsInserted.connect(self._on_rows_inserted)
        self.show_open()

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles
        if self._delegate is not None:
            self._delegate.set_roles(roles)
            self.viewport().update()

    def _new_delegate(self) -> "HistoryDelegate":
        """What paints rows; not before there are some, since QStyle is slow to load."""
        from desktop.ui.history.delegate import HistoryDelegate

        delegate = HistoryDelegate(self)
        delegate.set_font(self.font())
        delegate.renamed.connect(self.rename_requested)
        if self._roles is not None:
            delegate.set_roles(self._roles)
        return delegate

    def set_open(self, conversation_id: int | None) -> None:
        """Marks the open conversation, or none; no signal follows.

        The list scrolls to another one only: who reads elsewhere in it is left there.
        """
        is_other = conversation_id != self._open_id
        self._open_id = conversation_id
        self.show_open(scroll=is_other)

    def show_open(self, *, scroll: bool = False) -> None:
        """Selects the row of the open conversation, or nothing if it is not among the rows."""
        if self._shown is None:
            return
        index = self._index_of(self._open_id)
        self._is_marking = True
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, _SELECT)
        else:
            self.selectionModel().clear()
        self._is_marking = False
        self.viewport().update()
        if scroll and index.isValid():
            self.scrollTo(index)

    def rename_current(self) -> None:
        """Opens the editor on the current row's title."""
        index = self.currentIndex()
        if index.isValid():
            self.edit(index)

    def _index_of(self, conversation_id: int | None) -> QModelIndex:
        model = self._shown
        if model is None or conversation_id is None or model.rowCount() == 0:
            return QModelIndex()
        found = model.match(
            model.index(0, 0), HistoryRole.ID, conversation_id, 1, Qt.MatchFlag.MatchExactly
        )
        return found[0] if found else QModelIndex()

    def _on_rows_inserted(self) -> None:
        if self._open_id is not None and not self.selectionModel().hasSelection():
            self.show_open()

    def _on_selection_changed(self, selected: QItemSelection, _gone: QItemSelection) -> None:
        indexes = selected.indexes()
        if indexes and not self._is_marking:
            self._open(indexes[0])

    def _on_activated(self, index: QModelIndex) -> None:
        self._open(index)

    def _open(self, index: QModelIndex) -> None:
        conversation_id = index.data(HistoryRole.ID)
        if conversation_id is not None:
            self._open_id = int(conversation_id)
            self.opened.emit(self._open_id)

    def _delete(self, index: QModelIndex) -> None:
        conversation_id = index.data(HistoryRole.ID)
        if conversation_id is not None:
            self.delete_requested.emit(int(conversation_id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 renames and Delete deletes the current row."""
        if event.key() == Qt.Key.Key_F2:
            self.rename_current()
        elif event.key() == Qt.Key.Key_Delete and not event.isAutoRepeat():
            self._delete(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opens with the left button only: the right one asks for the menu."""
        if event.button() != Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Shows what can be done with the row under the pointer, or the current one."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid():
            return
        at = event.globalPos()
        if by_key:
            at = self.viewport().mapToGlobal(self.visualRect(index).center())
        self._menu_for(index).popup(at)

    def _menu_for(self, index: QModelIndex) -> QMenu:
        """The menu of one row; it is gone once it was closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        conversation_id = int(index.data(HistoryRole.ID))
        rename = menu.addAction(self.tr("Rename"))
        rename.triggered.connect(lambda: self._rename_row(conversation_id))
        delete = menu.addAction(self.tr("Delete"))
        delete.triggered.connect(lambda: self.delete_requested.emit(conversation_id))
        return menu

    def _rename_row(self, conversation_id: int) -> None:
        """Edits a title without opening the conversation; rows may have moved since."""
        index = self._index_of(conversation_id)
        if index.isValid():
            self.scrollTo(index)
            self.edit(index)

    def changeEvent(self, event: QEvent) -> None:
        """Follows another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._delegate is not None:
            self._delegate.set_font(self.font())
            self.scheduleDelayedItemsLayout()
