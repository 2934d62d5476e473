"""One parameter: its mark, its name, its editor, and why it is not sent."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.domain.capabilities import MODELS, Endpoint, Field
from desktop.domain.parameters import Block, ChatSettings, Editor, Parameter
from desktop.ui.sidebar.editors import EDITORS
from desktop.ui.sidebar.wheel import WheelGuard
from desktop.ui.sidebar.words import block_reason, explanation, parameter_name

_INDENT_PX = 22
"""Where a title starts: after the check box."""


class TitleLabel(QLabel):
    """A name that gives the keyboard to what it names when it is clicked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Focuses the named control."""
        self.buddy().setFocus(Qt.FocusReason.MouseFocusReason)
        super().mouseReleaseEvent(event)


class ParameterRow(QWidget):
    """One parameter.

    Signals:
        edited(value): The user gave it a value.
        marked(is_set): The user set or cleared its mark.
    """

    edited = Signal(object)
    marked = Signal(bool)

    def __init__(self, parameter: Parameter, guard: WheelGuard, parent: QWidget) -> None:
        super().__init__(parent)
        self._parameter = parameter
        self._mark = QCheckBox(self)
        self._title = TitleLabel(parameter_name(parameter.id), self)
        self._state = QLabel(self)
        self._editor = EDITORS[parameter.editor](self)
        self._note = QLabel(self)
        self._is_sent: bool | None = None
        self._name()
        self._style()
        self._lay_out()
        self._mark.toggled.connect(self.marked)
        self._editor.edited.connect(self.edited)
        for control in (self._editor.control, self._editor.slider):
            if control is not None and parameter.editor is not Editor.TEXT:
                guard.watch(control)

    def show_settings(self, settings: ChatSettings) -> None:
        """Shows the parameter as the settings have it; no signal follows."""
        id_, chosen = self._parameter.id, settings.parameters
        block = settings.block(id_)
        field = _declared(self._parameter, settings)
        self._mark.blockSignals(True)
        self._mark.setChecked(chosen.is_set(id_))
        self._mark.blockSignals(False)
        self._editor.show_value(chosen.value(id_), field)
        self._show_block(block, settings, field)
        self._show_sent(is_sent=chosen.is_set(id_) and block is None)

    def _name(self) -> None:
        name = parameter_name(self._parameter.id)
        self._editor.control.setAccessibleName(name)
        self._mark.setAccessibleName(self.tr("Set {name}").format(name=name))
        self._title.setBuddy(self._editor.control)
        if self._parameter.editor is not Editor.LITERAL:
            # On Linux a combo box is named by its label alone; elsewhere the name is the control's.
            self._title.setAccessibleName(f"{name}:")
        if self._editor.slider is not None:
            self._editor.slider.setAccessibleName(self.tr("{name} slider").format(name=name))

    def _style(self) -> None:
        for label in (self._title, self._state, self._note):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setText(self.tr("not sent"))
        self._state.setProperty("look", "muted")
        self._note.setProperty("look", "small")
        self._note.setWordWrap(True)
        self._note.hide()
        keep = self._state.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._state.setSizePolicy(keep)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(0)
        self._mark.setFixedWidth(_INDENT_PX)
        head.addWidget(self._mark)
        head.addWidget(self._title, 1)
        head.addWidget(self._state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        if self._editor.is_inline:
            head.addSpacing(10)
            head.addWidget(self._editor)
        else:
            column.addWidget(self._editor)
        column.addWidget(self._note)

    def _show_block(self, block: Block | None, settings: ChatSettings, field: Field | None) -> None:
        reason = block_reason(block, settings.model, settings.endpoint) if block else ""
        meaning = explanation(self._parameter, field)
        tip = f"{reason}.\n\n{meaning}" if reason else meaning
        controls = [self._mark, self._editor.control]
        if self._editor.slider is not None:
            controls.append(self._editor.slider)
        for control in controls:
            control.setEnabled(block is None)
            control.setToolTip(reason or meaning)
            control.setAccessibleDescription(reason or meaning)
        self._title.setEnabled(block is None)
        self._title.setToolTip(tip)
        has_note = block is not None and block.other is not None
        self._note.setText(reason if has_note else "")
        self._note.setVisible(has_note)

    def _show_sent(self, *, is_sent: bool) -> None:
        if is_sent == self._is_sent:
            return
        self._is_sent = is_sent
        self._state.setVisible(not is_sent)
        for control in (self._editor.control, self._editor.slider):
            if control is not None:
                control.setProperty("sent", is_sent)
                control.style().unpolish(control)
                control.style().polish(control)


def _declared(parameter: Parameter, settings: ChatSettings) -> Field | None:
    """The field as declared for the model and endpoint, else as anyone declares it."""
    places = [(settings.model, settings.endpoint)]
    places += [(model, endpoint) for model in MODELS for endpoint in Endpoint]
    found = (parameter.field(model, endpoint) for model, endpoint in places)
    return next((field for field in found if field is not None), None)
