from dataclasses import dataclass, replace
from typing import Any

import pytest
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QHelpEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStyleOptionViewItem,
    QToolTip,
)
from pytestqt.qtbot import QtBot

from desktop.domain.history_roles import HistoryRole
from desktop.ui.history.panel import HistoryPanel
from desktop.ui.history.view import HistoryView
from desktop.ui.theme import dark_roles, light_roles

KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton
ROOT = QModelIndex()


@dataclass(frozen=True)
class Row:
    id: int
    title: str
    subtitle: str = "gpt-5.1 · 4 messages · $0.01"
    header: str = ""
    is_running: bool = False


class Rows(QAbstractListModel):
    """A list that pages like the real one."""

    def __init__(self, rows: list[Row], page: int = 60) -> None:
        super().__init__()
        self._all, self._page = rows, page
        self.rows = rows[:page]
        self.written: list[Any] = []

    def rowCount(self, parent: QModelIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: row.title,
            Qt.ItemDataRole.AccessibleTextRole: f"{row.title}, {row.subtitle}",
            HistoryRole.ID: row.id,
            HistoryRole.TITLE: row.title,
            HistoryRole.SUBTITLE: row.subtitle,
            HistoryRole.DAY_HEADER: row.header,
            HistoryRole.RUNNING: row.is_running,
        }.get(role)

    def setData(self, _index: QModelIndex, value: Any, _role: int = 0) -> bool:
        self.written.append(value)
        return False

    def canFetchMore(self, _parent: QModelIndex) -> bool:
        return len(self.rows) < len(self._all)

    def fetchMore(self, _parent: QModelIndex) -> None:
        first = len(self.rows)
        last = min(first + self._page, len(self._all))
        self.beginInsertRows(ROOT, first, last - 1)
        self.rows = self._all[:last]
        self.endInsertRows()

    def replace_all(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self._all = self.rows = rows
        self.endResetModel()

    def insert_first(self, row: Row) -> None:
        self.beginInsertRows(ROOT, 0, 0)
        self.rows = [row, *self.rows]
        self.endInsertRows()

    def change(self, at: int, **values: Any) -> None:
        self.rows[at] = replace(self.rows[at], **values)
        self.dataChanged.emit(self.index(at), self.index(at))


ROWS = [
    Row(7, "Binary search, off by one", header="Today"),
    Row(5, "Explain nucleus sampling", is_running=True),
    Row(3, "Weekend in Porto", header="Yesterday"),
]


@pytest.fixture
def model(qapp: QApplication) -> Rows:
    return Rows(list(ROWS))


@pytest.fixture
def panel(qtbot: QtBot, model: Rows) -> HistoryPanel:
    made = HistoryPanel()
    made.set_model(model)
    qtbot.addWidget(made)
    made.resize(264, 500)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    return made


def view(panel: HistoryPanel) -> HistoryView:
    found = panel.findChild(HistoryView)
    assert found is not None
    return found


def place(panel: HistoryPanel, row: int) -> QPoint:
    """A point in the lower half of a row."""
    area = view(panel).visualRect(view(panel).model().index(row, 0))
    return area.center() + QPoint(0, area.height() // 4)


def click(qtbot: QtBot, panel: HistoryPanel, row: int, button: Qt.MouseButton = LEFT) -> None:
    qtbot.mouseClick(view(panel).viewport(), button, pos=place(panel, row))


def heard(signal: Any) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    signal.connect(lambda *values: calls.append(values))
    return calls


def empty_text(panel: HistoryPanel) -> str:
    shown = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    return "".join(shown)


def test_names_and_roles_are_the_public_ones(panel: HistoryPanel) -> None:
    items = QAccessible.queryAccessibleInterface(view(panel))
    assert items.text(QAccessible.Text.Name) == "History"
    assert items.role() in (QAccessible.Role.List, QAccessible.Role.Tree)
    names = [items.child(n).text(QAccessible.Text.Name) for n in range(items.childCount())]
    assert len(names) == len(ROWS)
    assert all(name.startswith(row.title) for name, row in zip(names, ROWS, strict=True))
    search = QAccessible.queryAccessibleInterface(panel.findChild(QLineEdit))
    assert search.text(QAccessible.Text.Name) == "Search history"
    button = QAccessible.queryAccessibleInterface(panel.findChild(QPushButton))
    assert button.text(QAccessible.Text.Name) == "New conversation"


def test_a_click_opens(panel: HistoryPanel, qtbot: QtBot) -> None:
    opened = heard(panel.opened)
    click(qtbot, panel, 1)
    click(qtbot, panel, 2)
    assert opened == [(5,), (3,)]


def test_the_keyboard_opens(panel: HistoryPanel, qtbot: QtBot) -> None:
    opened = heard(panel.opened)
    panel.set_current(7)
    panel.focus_list()
    qtbot.keyClick(view(panel), KEY.Key_Down)
    assert opened == [(5,)]


def test_assistive_technology_opens(panel: HistoryPanel) -> None:
    opened = heard(panel.opened)
    item = QAccessible.queryAccessibleInterface(view(panel)).child(2)
    item.actionInterface().doAction("Toggle")
    assert opened == [(3,)]


def test_marking_the_open_one_is_no_choice(panel: HistoryPanel) -> None:
    opened = heard(panel.opened)
    panel.set_current(5)
    assert view(panel).currentIndex().row() == 1
    panel.set_current(None)
    assert not view(panel).selectionModel().hasSelection()
    panel.set_current(99)
    assert not view(panel).selectionModel().hasSelection()
    assert opened == []


def test_the_mark_survives_a_search_and_a_new_row(panel: HistoryPanel, model: Rows) -> None:
    opened = heard(panel.opened)
    panel.set_current(3)
    model.replace_all([ROWS[0]])
    assert not view(panel).selectionModel().hasSelection()
    model.replace_all(list(ROWS))
    assert view(panel).currentIndex().data(HistoryRole.ID) == 3
    model.insert_first(Row(9, "New"))
    assert view(panel).currentIndex().data(HistoryRole.ID) == 3
    panel.set_current(11)
    model.insert_first(Row(11, "Newest"))
    assert view(panel).currentIndex().row() == 0
    assert opened == []


def test_another_model_takes_the_place_of_the_first(panel: HistoryPanel, model: Rows) -> None:
    opened = heard(panel.opened)
    other = Rows([Row(1, "Demo")])
    panel.set_model(other)
    panel.set_current(1)
    model.replace_all([])
    assert view(panel).currentIndex().data(HistoryRole.ID) == 1
    assert empty_text(panel) == ""
    assert opened == []


def test_f2_renames_in_place(panel: HistoryPanel, model: Rows, qtbot: QtBot) -> None:
    renamed, opened = heard(panel.rename_requested), heard(panel.opened)
    panel.set_current(5)
    panel.focus_list()
    qtbot.keyClick(view(panel), KEY.Key_F2)
    editor = view(panel).viewport().findChild(QLineEdit)
    assert editor.selectedText() == "Explain nucleus sampling"
    qtbot.keyClicks(editor, "  Top P  ")
    qtbot.keyClick(editor, KEY.Key_Return)
    qtbot.waitUntil(lambda: renamed == [(5, "Top P")])
    assert model.written == []
    assert opened == []


@pytest.mark.parametrize("typed", ["", "   ", "Explain nucleus sampling"])
def test_an_empty_or_unchanged_title_asks_nothing(
    panel: HistoryPanel, qtbot: QtBot, typed: str
) -> None:
    renamed = heard(panel.rename_requested)
    panel.set_current(5)
    panel.rename_current()
    editor = view(panel).viewport().findChild(QLineEdit)
    editor.setText(typed)
    with qtbot.waitSignal(editor.destroyed):
        qtbot.keyClick(editor, KEY.Key_Return)
    assert renamed == []


def test_escape_ends_renaming(panel: HistoryPanel, qtbot: QtBot) -> None:
    renamed = heard(panel.rename_requested)
    panel.set_current(5)
    panel.rename_current()
    editor = view(panel).viewport().findChild(QLineEdit)
    qtbot.keyClicks(editor, "Other")
    with qtbot.waitSignal(editor.destroyed):
        qtbot.keyClick(editor, KEY.Key_Escape)
    assert renamed == []


def test_delete_asks_for_the_current_row(panel: HistoryPanel, qtbot: QtBot) -> None:
    deleted = heard(panel.delete_requested)
    qtbot.keyClick(view(panel), KEY.Key_Delete)
    panel.set_current(3)
    qtbot.keyClick(view(panel), KEY.Key_Delete)
    assert deleted == [(3,)]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_the_menu_belongs_to_the_row_under_the_pointer(panel: HistoryPanel, qtbot: QtBot) -> None:
    opened, deleted = heard(panel.opened), heard(panel.delete_requested)
    panel.set_current(7)
    click(qtbot, panel, 2, Qt.MouseButton.RightButton)
    at = place(panel, 2)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, view(panel).viewport().mapToGlobal(at)
    )
    QApplication.sendEvent(view(panel).viewport(), event)
    menu = view(panel).findChild(QMenu)
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Rename", "Delete"]
    with qtbot.waitSignal(menu.destroyed):
        qtbot.keyClick(menu, KEY.Key_Down)
        qtbot.keyClick(menu, KEY.Key_Down)
        qtbot.keyClick(menu, KEY.Key_Return)
    assert deleted == [(3,)]
    assert opened == []


def test_a_menu_beside_the_rows_does_not_show(panel: HistoryPanel) -> None:
    at = QPoint(50, 480)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, at)
    QApplication.sendEvent(view(panel).viewport(), event)
    assert view(panel).findChild(QMenu) is None


def test_search_is_told_on_each_key(panel: HistoryPanel, qtbot: QtBot) -> None:
    searched = heard(panel.search_changed)
    panel.focus_search()
    field = QApplication.focusWidget()
    qtbot.keyClicks(field, "ab")
    clear = field.actions()[0]
    assert clear.isVisible()
    clear.trigger()
    assert searched == [("a",), ("ab",), ("",)]
    assert not clear.isVisible()


def test_an_empty_list_says_what_to_do(panel: HistoryPanel, model: Rows, qtbot: QtBot) -> None:
    assert empty_text(panel) == ""
    model.replace_all([])
    assert empty_text(panel) == "Your conversations appear here."
    panel.focus_search()
    qtbot.keyClicks(QApplication.focusWidget(), "zzz")
    assert empty_text(panel) == "Nothing found. Try fewer letters."
    assert view(panel).isVisible()
    model.insert_first(ROWS[0])
    assert empty_text(panel) == ""


def test_new_conversation(panel: HistoryPanel, qtbot: QtBot) -> None:
    asked = heard(panel.new_requested)
    qtbot.mouseClick(panel.findChild(QPushButton), LEFT)
    assert len(asked) == 1


def test_the_list_stays_where_it_is_read_when_the_open_one_changes(qtbot: QtBot) -> None:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.resize(264, 400)
    panel.set_model(Rows([Row(n, f"Talk {n}") for n in range(100)]))
    panel.show()
    panel.set_current(0)
    bar = view(panel).verticalScrollBar()
    bar.setValue(bar.maximum())
    read_px = bar.value()
    assert read_px > 0
    panel.set_current(0)
    assert bar.value() == read_px
    panel.set_current(1)
    assert bar.value() < read_px


def test_the_first_row_of_a_day_has_room_for_the_day(
    panel: HistoryPanel, model: Rows, qtbot: QtBot
) -> None:
    heights = [view(panel).visualRect(model.index(row)).height() for row in range(3)]
    assert heights[0] == heights[2] > heights[1]
    model.change(1, header="Yesterday")
    qtbot.waitUntil(lambda: view(panel).visualRect(model.index(1)).height() == heights[0])


def test_more_rows_are_read_as_they_come_into_view(qtbot: QtBot) -> None:
    model = Rows([Row(n, f"Title {n}") for n in range(1000)])
    panel = HistoryPanel()
    panel.set_model(model)
    qtbot.addWidget(panel)
    panel.resize(264, 400)
    panel.show()
    assert len(model.rows) == 60
    bar = view(panel).verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: len(model.rows) > 60)
    assert len(model.rows) < 1000


def test_titles_are_plain_text_also_in_tool_tips(
    panel: HistoryPanel, model: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "<img src=/x><b>" + "long " * 30
    model.change(1, title=title)
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _view: shown.append(text))
    at = place(panel, 1)
    option = QStyleOptionViewItem()
    index = model.index(1)
    option.rect = view(panel).visualRect(index)
    event = QHelpEvent(QEvent.Type.ToolTip, at, at)
    assert view(panel).itemDelegate().helpEvent(event, view(panel), option, index)
    assert len(shown) == 1
    assert "<img" not in shown[0]
    assert "&lt;img src=/x&gt;" in shown[0]


@pytest.mark.parametrize("roles", [light_roles(), dark_roles()], ids=["light", "dark"])
def test_the_open_one_and_the_running_one_can_be_seen(panel: HistoryPanel, roles: Any) -> None:
    panel.set_roles(roles)
    panel.set_current(7)
    image = view(panel).viewport().grab().toImage()
    scale = image.devicePixelRatio()

    def pixel(x: int, y: int) -> Any:
        return image.pixelColor(int(x * scale), int(y * scale))

    first = view(panel).visualRect(view(panel).model().index(0, 0))
    assert pixel(first.right() - 20, first.bottom() - 10) == roles.accent_soft
    second = view(panel).visualRect(view(panel).model().index(1, 0))
    dots = [pixel(x, second.center().y()) for x in range(second.right() - 24, second.right())]
    assert roles.accent in dots
