"""The transcript for assistive technology: a list with exactly one item a row, made when asked for.

Three rules keep the process alive, each found by a crash: ``interface_cast`` answers no with
``VoidPtr(0)``, every interface that is handed out is kept here, and the factory is installed once.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import VoidPtr, isValid

from desktop.ui.transcript.elements import Action, ActionKind
from desktop.ui.transcript.entry import Entry
from desktop.ui.transcript.stage import ActionRef

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea
    from desktop.ui.transcript.commands import Commands

MAX_ITEMS = 256
_VIEW_CLASS = "TranscriptView"
_Text = QAccessible.Text
_installed: list[object] = []


def install_accessibility() -> None:
    """Makes Qt ask for our interface of a transcript; once for the process."""
    if not _installed:
        _installed.append(_factory)
        QAccessible.installFactory(_factory)


def _factory(class_name: str, target: QObject | None) -> QAccessibleInterface | None:
    if class_name != _VIEW_CLASS or target is None:
        return None
    tree: AccessibleTree = target.voice.tree  # type: ignore[attr-defined]
    return tree.root


def _nothing(_row: int) -> VoidPtr | None:
    return None


def _no() -> Any:
    return VoidPtr(0)


class AccessibleTree:
    """The interfaces that were handed out, and the rows they speak for.

    Attributes:
        lent: Gives the text interface that is lent to a row's item, if any.
    """

    def __init__(self, view: "TranscriptArea", commands: "Commands") -> None:
        self.view = view
        self.commands = commands
        self.root = ListAccessible(self)
        self.lent: Callable[[int], VoidPtr | None] = _nothing
        self._items: OrderedDict[int, RowAccessible] = OrderedDict()

    def item(self, row: int) -> "RowAccessible | None":
        """The item of a row."""
        if not 0 <= row < self.view.stage.flow.row_count():
            return None
        item = self._items.get(row)
        if item is None:
            item = RowAccessible(self, row)
            item.register()
            self._items[row] = item
            self._trim()
        self._items.move_to_end(row)
        return item

    def known(self, row: int) -> "RowAccessible | None":
        """The item of a row, if it was ever asked for."""
        return self._items.get(row)

    def renew(self, row: int) -> None:
        """Makes a row's item again, since clients keep what the one before could do."""
        item = self._items.pop(row, None)
        if item is not None:
            if QAccessible.isActive():
                send(item, QAccessible.Event.ObjectDestroyed)
            item.end()
        made = self.item(row)
        if made is not None and QAccessible.isActive():
            send(made, QAccessible.Event.ObjectCreated)

    def forget(self, first: int = 0) -> None:
        """Ends the items from a row on: their rows are other ones now."""
        for row in [row for row in self._items if row >= first]:
            self._items.pop(row).end()

    def end(self, *_: object) -> None:
        """Ends all items with their view: Qt would end them again when the program does."""
        self.forget()

    def focused(self) -> "RowAccessible | ActionAccessible | None":
        """What the keyboard is on."""
        marks = self.view.highlights
        item = self.item(marks.focused_row)
        if item is None or marks.focused is None:
            return item
        refs = self.view.stage.actions_of(marks.focused_row)
        return item.action_child(refs.index(marks.focused)) if marks.focused in refs else item

    def _trim(self) -> None:
        focused = self.view.highlights.focused_row
        while len(self._items) > MAX_ITEMS:
            oldest = next(row for row in self._items if row != focused)
            self._items.pop(oldest).end()


class ListAccessible(QAccessibleWidget):
    """The list."""

    def __init__(self, tree: AccessibleTree) -> None:
        super().__init__(tree.view, QAccessible.Role.List)
        self._tree = tree

    def childCount(self) -> int:
        """Number of rows."""
        return self._tree.view.stage.flow.row_count()

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The item of a row."""
        return self._tree.item(index)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """Row of an item."""
        return child.row if isinstance(child, RowAccessible) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The item at a point of the screen."""
        viewport = self._tree.view.viewport()
        inside = viewport.mapFromGlobal(QPoint(x, y))
        placed = self._tree.view.stage.placed_at(float(inside.y()))
        if placed is None or not viewport.rect().contains(inside):
            return None
        return self._tree.item(placed.slot.row)

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """What the keyboard is on."""
        return self._tree.focused() if self._tree.view.hasFocus() else None


class _Node(QAccessibleInterface):
    """What items and their children share."""

    def __init__(self, tree: AccessibleTree) -> None:
        super().__init__()
        self.tree = tree
        self._id: int | None = None

    def register(self) -> None:
        """Makes the interface known to Qt, so that it can be ended."""
        self._id = QAccessible.registerAccessibleInterface(self)

    def end(self) -> None:
        """Ends the interface; a client that still holds it gets empty answers."""
        identity, self._id = self._id, None
        if identity is not None:
            QAccessible.deleteAccessibleInterface(identity)

    def isValid(self) -> bool:
        """Whether the view is still there."""
        return self._id is not None and isValid(self.tree.view)

    def object(self) -> QObject | None:  # type: ignore[override]
        """None: there is no object behind it."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window of the view."""
        return self.tree.view.window().windowHandle()

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Nothing: it can only be read."""

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child at a point of the screen."""
        for index in range(self.childCount()):
            child = self.child(index)
            if child.rect().contains(x, y):
                return child
        return None

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        """Nothing more than this."""
        return _no()

    def screen_rect(self, rect: QRectF | None) -> QRect:
        """A rectangle of the view in coordinates of the screen; empty for None."""
        if rect is None:
            return QRect()
        viewport = self.tree.view.viewport()
        inside = rect.toRect().intersected(viewport.rect().adjusted(0, -1, 0, 1))
        return inside.translated(viewport.mapToGlobal(QPoint(0, 0)))


class RowAccessible(_Node):
    """One row: its name is who speaks and the text, its children are what can be pressed.

    Attributes:
        row: Its place in the list.
    """

    def __init__(self, tree: AccessibleTree, row: int) -> None:
        super().__init__(tree)
        self.row = row
        self._children: list[ActionAccessible] = []
        self._entry: Entry | None = None

    @property
    def entry(self) -> Entry:
        """The row as it is now; its text is there without being laid out."""
        held = self.tree.view.stage.flow.held(self.row)
        if held is not None and held.row is not None:
            self._entry = None
            return held
        if self._entry is None:
            self._entry = self.tree.view.stage.flow.entry_now(self.row)
        return self._entry

    def refresh(self) -> None:
        """The row changed."""
        self._entry = None

    def actions(self) -> list[tuple[int, int, Action]]:
        """What can be pressed: element, place in it, action."""
        return [
            (index, number, action)
            for index, element in enumerate(self.entry.elements)
            for number, action in enumerate(element.actions)
        ]

    def action_child(self, index: int) -> "ActionAccessible | None":
        """The child for an action, by its place."""
        count = len(self.actions())
        while len(self._children) < count:
            made = ActionAccessible(self, len(self._children))
            made.register()
            self._children.append(made)
        return self._children[index] if 0 <= index < count else None

    def end(self) -> None:
        """Ends the item and its children."""
        for child in self._children:
            child.end()
        self._children = []
        super().end()

    def isValid(self) -> bool:
        """Whether its row is still there."""
        return super().isValid() and self.row < self.tree.view.stage.flow.row_count()

    def parent(self) -> QAccessibleInterface:
        """The list."""
        return self.tree.root

    def childCount(self) -> int:
        """Number of actions."""
        return len(self.actions())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """An action."""
        return self.action_child(index)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """Place of an action."""
        return child.index if isinstance(child, ActionAccessible) else -1

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """The action the keyboard is on."""
        focused = self.tree.focused()
        return focused if isinstance(focused, ActionAccessible) else None

    def role(self) -> QAccessible.Role:
        """A list item."""
        return QAccessible.Role.ListItem

    def text(self, kind: QAccessible.Text) -> str:
        """The text as name, the footer as description."""
        if not self.isValid():
            return ""
        if kind == _Text.Name:
            return self.entry.name
        return self.entry.description if kind == _Text.Description else ""

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        """Its text can be read by character where a text edit lends the means."""
        is_text = kind == QAccessible.InterfaceType.TextInterface and self.isValid()
        lent = self.tree.lent(self.row) if is_text else None
        return _no() if lent is None else lent

    def rect(self) -> QRect:
        """Where it is on the screen; empty out of sight."""
        return self.screen_rect(self.tree.view.stage.row_rect(self.row))

    def state(self) -> QAccessible.State:
        """Focusable; off screen where it is out of sight."""
        state = QAccessible.State()
        marks = self.tree.view.highlights
        state.focusable = True
        if self.tree.view.hasFocus() and marks.focused_row == self.row and not marks.focused:
            state.focused = True
        if self.tree.view.stage.row_rect(self.row) is None:
            state.offscreen = True
        return state


class ActionAccessible(_Node):
    """Something in a row that can be pressed.

    Attributes:
        index: Its place among the row's actions.
    """

    def __init__(self, item: RowAccessible, index: int) -> None:
        super().__init__(item.tree)
        self._item = item
        self.index = index
        self._press = _Press(self)

    @property
    def place(self) -> tuple[ActionRef, Action] | None:
        """What it presses, if that is still there."""
        found = self._item.actions()
        if not self._item.isValid() or self.index >= len(found):
            return None
        element, number, action = found[self.index]
        return ActionRef(self._item.row, element, number), action

    def isValid(self) -> bool:
        """Whether it is still there."""
        return super().isValid() and self.place is not None

    def parent(self) -> QAccessibleInterface:
        """The item."""
        return self._item

    def childCount(self) -> int:
        """None."""
        return 0

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """None."""
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """None."""
        return -1

    def role(self) -> QAccessible.Role:
        """A link or a button."""
        place = self.place
        is_link = place is not None and place[1].kind is ActionKind.LINK
        return QAccessible.Role.Link if is_link else QAccessible.Role.Button

    def text(self, kind: QAccessible.Text) -> str:
        """The name, and where a link goes as description."""
        place = self.place
        if place is None:
            return ""
        if kind == _Text.Name:
            return place[1].name
        return place[1].tip if kind == _Text.Description else ""

    def rect(self) -> QRect:
        """Where it is on the screen."""
        place = self.place
        return self.screen_rect(self.tree.view.stage.action_rect(place[0]) if place else None)

    def state(self) -> QAccessible.State:
        """Focusable; linked for links."""
        state = QAccessible.State()
        place = self.place
        state.focusable = True
        if place and self.tree.view.hasFocus() and self.tree.view.highlights.focused == place[0]:
            state.focused = True
        if place and self.tree.view.stage.action_rect(place[0]) is None:
            state.offscreen = True
        return state

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        """It can be pressed."""
        return self._press if kind == QAccessible.InterfaceType.ActionInterface else _no()


class _Press(QAccessibleActionInterface):
    """Presses an action for a client."""

    def __init__(self, node: ActionAccessible) -> None:
        super().__init__()
        self._node = node

    def actionNames(self) -> list[str]:
        """Press, and nothing else."""
        return [self.pressAction()]

    def doAction(self, name: str) -> None:
        """Presses it."""
        place = self._node.place
        if name == self.pressAction() and place is not None:
            self._node.tree.commands.activate(place[0])

    def keyBindingsForAction(self, name: str) -> list[str]:
        """None."""
        return []


def send(interface: QAccessibleInterface, kind: QAccessible.Event) -> None:
    """Tells clients that something happened to an interface."""
    QAccessible.updateAccessibility(QAccessibleEvent(interface, kind))
