"""What can be done in the transcript: pressing an action, copying, the context menu."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QMenu

from desktop.domain.timeline import RowKind
from desktop.ui.links import must_ask
from desktop.ui.transcript import copying, words
from desktop.ui.transcript.chrome import HeaderElement
from desktop.ui.transcript.controls import copied_code
from desktop.ui.transcript.elements import Action, ActionKind
from desktop.ui.transcript.stage import ActionRef

if TYPE_CHECKING:
    from desktop.ui.transcript.area import TranscriptArea

_translate = QCoreApplication.translate


class Commands:
    """Carries out what was pressed or chosen."""

    def __init__(self, view: "TranscriptArea") -> None:
        self._view = view

    def activate(self, ref: ActionRef) -> None:
        """Presses an action."""
        action = self._view.stage.action(ref)
        if action is None:
            return
        if action.kind is ActionKind.TOGGLE:
            self._toggle(ref)
        else:
            self.run(action.kind, ref.row, action)

    def run(self, kind: ActionKind, row: int, action: Action | None = None) -> None:
        """Does what an action of a row stands for."""
        view = self._view
        entry = view.stage.flow.entry_now(row)
        if entry.row is None:
            return
        message_id = int(entry.row.message.id)
        target = action.target if action else ""
        if kind is ActionKind.LINK and action is not None:
            self._follow(action, is_ours=entry.row.kind is RowKind.ERROR)
        elif kind is ActionKind.COPY_CODE:
            self._put(copied_code(target))
        elif kind is ActionKind.WRAP:
            view.stage.anchor.is_following = False
            view.wrap_code(not view.stage.look.wraps_code)
        elif kind is ActionKind.COPY_DETAILS:
            self._put(target)
            view.details_copied.emit()
        elif kind is ActionKind.COPY_MESSAGE:
            self._put(copying.message_text(entry))
        elif kind in (ActionKind.PREVIOUS, ActionKind.NEXT):
            view.sibling_requested.emit(message_id, 1 if kind is ActionKind.NEXT else -1)
        else:
            signals = {
                ActionKind.EDIT: view.edit_requested,
                ActionKind.REGENERATE: view.regenerate_requested,
                ActionKind.RETRY: view.retry_requested,
                ActionKind.CONTINUE: view.continue_requested,
            }
            signals[kind].emit(message_id)

    def _follow(self, action: Action, *, is_ours: bool) -> None:
        """Opens a link, asking first where its text does not tell where it leads."""
        view, url = self._view, action.target
        if is_ours or not must_ask(action.name, url):
            view.link_activated.emit(url)
            return
        from desktop.ui.link_dialog import LinkDialog

        dialog = LinkDialog(view.window(), action.name, url)
        dialog.confirmed.connect(view.link_activated)
        dialog.open()

    def copy(self) -> None:
        """Copies the selection, or the message with keyboard focus."""
        view = self._view
        if view.stage.selection.ends is not None:
            self._put(copying.selected_text(view.stage.flow, view.stage.selection))
        elif view.highlights.focused_row >= 0:
            self.run(ActionKind.COPY_MESSAGE, view.highlights.focused_row)

    def copy_markdown(self, row: int) -> None:
        """Copies the selection or a message as it was written."""
        stage = self._view.stage
        if stage.selection.ends is not None:
            self._put(copying.selected_markdown(stage.flow, stage.selection))
        else:
            self._put(copying.message_markdown(stage.flow.entry_now(row)))

    def offer_selection(self) -> None:
        """Gives the selection to the platform's primary selection, where there is one."""
        clipboard = QGuiApplication.clipboard()
        stage = self._view.stage
        if clipboard.supportsSelection() and stage.selection.ends is not None:
            text = copying.selected_text(stage.flow, stage.selection)
            clipboard.setText(text, QClipboard.Mode.Selection)

    def open_menu(self, row: int, position: QPoint) -> None:
        """Opens the context menu of a message."""
        self.menu(row).popup(position)

    def menu(self, row: int) -> QMenu:
        """The context menu of a message."""
        view = self._view
        menu = QMenu(view)
        menu.aboutToHide.connect(menu.deleteLater)
        if view.has_selection():
            menu.addAction(words.copy(), self.copy)
        run = self.run
        copy_message = _translate("Transcript", "Copy message")
        menu.addAction(copy_message, lambda: run(ActionKind.COPY_MESSAGE, row))
        as_markdown = _translate("Transcript", "Copy as Markdown")
        menu.addAction(as_markdown, lambda: self.copy_markdown(row))
        entry = view.stage.flow.entry_now(row)
        if entry.row is None:
            return menu
        menu.addSeparator()
        kinds = {action.kind for element in entry.elements for action in element.actions}
        for kind, name in (
            (ActionKind.EDIT, words.edit()),
            (ActionKind.REGENERATE, words.regenerate()),
            (ActionKind.RETRY, words.retry()),
            (ActionKind.CONTINUE, words.go_on()),
            (ActionKind.PREVIOUS, words.previous()),
            (ActionKind.NEXT, words.following()),
        ):
            if kind in kinds:
                menu.addAction(name, partial(run, kind, row))
        message_id = int(entry.row.message.id)
        if entry.row.kind is not RowKind.ERROR and not entry.is_running:
            menu.addSeparator()
            delete = _translate("Transcript", "Delete")
            menu.addAction(delete, lambda: view.delete_requested.emit(message_id))
        return menu

    def _toggle(self, ref: ActionRef) -> None:
        view = self._view
        entry = view.stage.flow.entry(ref.row)
        element = entry.elements[ref.element]
        if isinstance(element, HeaderElement):
            view.stage.anchor.is_following = False
            entry.toggle(element)
            view.stage.flow.rows.set(ref.row, entry.heights.total)
            view.refresh()

    def _put(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
