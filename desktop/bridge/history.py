"""The history list as a Qt model that reads itself page by page."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QDate,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop.bridge.tasks import TaskScope
from desktop.core.ports import HistoryStore
from desktop.domain.amounts import cost_text
from desktop.domain.capabilities import MODEL_NAMES
from desktop.domain.history import ConversationRow, ListCursor
from desktop.domain.history_roles import HistoryRole
from desktop.domain.ids import ConversationId

PAGE = 60

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class HistoryModel(QAbstractListModel):
    """Conversations, newest first, filtered by title.

    Signals:
        filled(): The first page of the present query is there.
    """

    filled = Signal()

    def __init__(
        self, store: HistoryStore, scope: TaskScope, today: Callable[[], date] = date.today
    ) -> None:
        super().__init__()
        self._store = store
        self._scope = scope
        self._today = today
        self._rows: list[ConversationRow] = []
        self._query = ""
        self._is_complete = False
        self._epoch = 0
        self._is_reading = False
        self._running: set[int] = set()

    # -- reading ---------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Rows in memory."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What the list shows of a conversation; see ``HistoryRole``."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        value: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole | HistoryRole.TITLE:
                value = row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                value = f"{row.title}, {self._subtitle(row)}"
            case HistoryRole.ID:
                value = int(row.id)
            case HistoryRole.SUBTITLE:
                value = self._subtitle(row)
            case HistoryRole.DAY_HEADER:
                value = self._header(index.row())
            case HistoryRole.RUNNING:
                value = int(row.id) in self._running
        return value

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Rows can be chosen and renamed in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemNeverHasChildren
        )

    def canFetchMore(self, parent: AnyIndex = _ROOT) -> bool:
        """Whether older conversations have not been read yet."""
        return not parent.isValid() and not self._is_complete and not self._is_reading

    def fetchMore(self, parent: AnyIndex = _ROOT) -> None:
        """Reads the next page."""
        if self.canFetchMore(parent):
            self._is_reading = True
            self._scope.spawn(self._read_more(self._epoch))

    # -- changing --------------------------------------------------------------------------

    def seed(self, rows: Sequence[ConversationRow]) -> None:
        """Takes over the first page, read before this model existed."""
        self._replace(list(rows), is_complete=len(rows) < PAGE)

    def search(self, query: str) -> None:
        """Keeps only titles that hold all words of the query."""
        if query != self._query:
            self._query = query
            self.reload()

    def reload(self) -> None:
        """Reads the list again from its start."""
        self._epoch += 1
        self._is_reading = True
        self._scope.spawn(self._read_again(self._epoch))

    def set_running(self, conversation_id: int, is_running: bool) -> None:
        """Marks a conversation in which a reply is being made."""
        (self._running.add if is_running else self._running.discard)(conversation_id)
        row = self.row_of(conversation_id)
        if row >= 0:
            self._touch(row, row)

    def row_of(self, conversation_id: int) -> int:
        """Position of a conversation, or -1."""
        ids = (int(row.id) for row in self._rows)
        return next((n for n, id_ in enumerate(ids) if id_ == conversation_id), -1)

    def refresh(self, conversation_id: int) -> None:
        """Reads one conversation again: it may be new, changed, or gone."""
        self._scope.spawn(self._refresh(ConversationId(conversation_id), self._epoch))

    # -- inside ------------------------------------------------------------------------------

    async def _read_again(self, epoch: int) -> None:
        try:
            rows = await self._store.conversations(query=self._query, limit=PAGE)
        finally:
            self._end_reading(epoch)
        if epoch == self._epoch:
            self._replace(rows, is_complete=len(rows) < PAGE)

    async def _read_more(self, epoch: int) -> None:
        last = self._rows[-1] if self._rows else None
        after = ListCursor(last.updated_at, last.id) if last else None
        try:
            rows = await self._store.conversations(after=after, query=self._query, limit=PAGE)
        finally:
            self._end_reading(epoch)
        if epoch != self._epoch:
            return
        self._is_complete = len(rows) < PAGE
        known = {row.id for row in self._rows}
        fresh = [row for row in rows if row.id not in known]
        if fresh:
            first = len(self._rows)
            self.beginInsertRows(_ROOT, first, first + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()

    def _end_reading(self, epoch: int) -> None:
        """Lets the next page be read, also after one that could not be."""
        if epoch == self._epoch:
            self._is_reading = False

    async def _refresh(self, conversation_id: ConversationId, epoch: int) -> None:
        found = await self._store.row(conversation_id, query=self._query)
        if epoch != self._epoch:
            return
        old = self.row_of(conversation_id)
        if found is None:
            self._remove(old)
            return
        new = self._place_of(found, old)
        if old == new:
            self._rows[old] = found
            self._touch(max(old - 1, 0), min(old + 1, len(self._rows) - 1))
            return
        self._remove(old)
        new = self._place_of(found, -1)
        if new == len(self._rows) and not self._is_complete:
            return  # it comes with its page; here, the rows before it would never be read
        self.beginInsertRows(_ROOT, new, new)
        self._rows.insert(new, found)
        self.endInsertRows()
        self._touch(max(new - 1, 0), min(new + 1, len(self._rows) - 1))

    def _place_of(self, row: ConversationRow, old: int) -> int:
        """Position of a row among the others, newest first, where ``old`` is taken out or -1."""
        key = (row.updated_at, row.id)
        place = bisect_left(self._rows, True, key=lambda other: (other.updated_at, other.id) <= key)
        return place - 1 if 0 <= old < place else place

    def _remove(self, row: int) -> None:
        if row >= 0:
            self.beginRemoveRows(_ROOT, row, row)
            del self._rows[row]
            self.endRemoveRows()

    def _replace(self, rows: list[ConversationRow], *, is_complete: bool) -> None:
        self.beginResetModel()
        self._rows = rows
        self._is_complete = is_complete
        self._is_reading = False
        self.endResetModel()
        self.filled.emit()

    def _touch(self, first: int, last: int) -> None:
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first), self.index(last))

    def _subtitle(self, row: ConversationRow) -> str:
        parts = [MODEL_NAMES.get(row.model, row.model)]
        if row.message_count == 1:
            parts.append(QCoreApplication.translate("HistoryModel", "1 message"))
        else:
            counted = QCoreApplication.translate("HistoryModel", "{count} messages")
            parts.append(counted.format(count=row.message_count))
        if row.cost_usd:
            parts.append(cost_text(row.cost_usd))
        return " · ".join(part for part in parts if part)

    def _header(self, row: int) -> str:
        header = self._day(self._rows[row].updated_at)
        before = self._day(self._rows[row - 1].updated_at) if row else ""
        return header if header != before else ""

    def _day(self, moment: datetime) -> str:
        day, today = moment.astimezone().date(), self._today()
        if day >= today:
            return QCoreApplication.translate("HistoryModel", "Today")
        if day == today - timedelta(days=1):
            return QCoreApplication.translate("HistoryModel", "Yesterday")
        if day > today - timedelta(days=7):
            return QCoreApplication.translate("HistoryModel", "This week")
        return QLocale().toString(QDate(day.year, day.month, 1), "MMMM yyyy")
