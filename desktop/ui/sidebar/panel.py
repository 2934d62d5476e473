"""All parameters of the next request, by group; it edits a value and keeps none of its own."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.parameters import PARAMETERS, ChatSettings, ParameterId, ParameterSet, Value
from desktop.ui.sidebar.row import ParameterRow
from desktop.ui.sidebar.wheel import WheelGuard
from desktop.ui.sidebar.words import translated

P = ParameterId

SIDEBAR: tuple[tuple[str, tuple[ParameterId, ...]], ...] = (
    ("", (P.INSTRUCTIONS,)),
    ("Sampling", (P.TEMPERATURE, P.TOP_P, P.SEED)),
    ("Reasoning", (P.REASONING_EFFORT,)),
    ("Output", (P.MAX_OUTPUT_TOKENS,)),
    ("Transport", (P.STREAM, P.INCLUDE_USAGE, P.STORE)),
)
"""Groups from top to bottom; the first has no title."""

MIN_WIDTH_PX = 240
_MARGIN_PX = 16


class ParametersPanel(QWidget):
    """The sidebar.

    Signals:
        settings_edited(settings): The user changed something; a whole ``ChatSettings``.
    """

    settings_edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Parameters"))
        self.setMinimumWidth(MIN_WIDTH_PX)
        self._settings = ChatSettings()
        self._before_reset: ParameterSet | None = None
        self._guard = WheelGuard(self)
        self._rows: dict[ParameterId, ParameterRow] = {}
        self._count = QLabel(self)
        self._reset = QPushButton(self)
        self._lay_out()
        self._reset.clicked.connect(self._on_reset_clicked)
        self._refresh()

    @property
    def settings(self) -> ChatSettings:
        """What is shown."""
        return self._settings

    def set_settings(self, settings: ChatSettings) -> None:
        """Shows other settings; no signal follows."""
        if settings != self._settings:
            self._before_reset = None
            self._settings = settings
            self._refresh()

    # -- building ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header())
        column.addWidget(self._scroll_area(), 1)

    def _header(self) -> QHBoxLayout:
        title = QLabel(self.tr("Parameters"), self)
        title.setProperty("look", "title")
        self._count.setProperty("look", "muted")
        for label in (title, self._count):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._reset.setObjectName("resetParameters")
        self._reset.setAccessibleName(self.tr("Reset parameters"))
        row = QHBoxLayout()
        row.setContentsMargins(_MARGIN_PX, 12, _MARGIN_PX - 6, 8)
        row.setSpacing(0)
        row.addWidget(title, 1)
        row.addWidget(self._count)
        row.addWidget(self._reset)
        return row

    def _scroll_area(self) -> QScrollArea:
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget(area)
        column = QVBoxLayout(content)
        column.setContentsMargins(_MARGIN_PX, 4, _MARGIN_PX, _MARGIN_PX)
        column.setSpacing(12)
        for title, ids in SIDEBAR:
            self._add_group(column, title, ids)
        column.addStretch(1)
        area.setWidget(content)
        area.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        return area

    def _add_group(self, column: QVBoxLayout, title: str, ids: tuple[ParameterId, ...]) -> None:
        if title:
            label = QLabel(translated(title).upper(), self)
            label.setAccessibleName(translated(title))
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("look", "group")
            column.addSpacing(4)
            column.addWidget(label)
        for id_ in ids:
            row = ParameterRow(PARAMETERS[id_], self._guard, self)
            row.edited.connect(lambda value, id_=id_: self._on_row_edited(id_, value))
            row.marked.connect(lambda is_set, id_=id_: self._on_row_marked(id_, is_set))
            self._rows[id_] = row
            column.addWidget(row)

    # -- showing -------------------------------------------------------------------------------

    def _refresh(self) -> None:
        for row in self._rows.values():
            row.show_settings(self._settings)
        chosen = self._settings.parameters
        count = sum(chosen.is_set(id_) and self._settings.block(id_) is None for id_ in PARAMETERS)
        self._count.setText(self.tr("{count} set ·").format(count=count))
        can_undo = self._before_reset is not None
        self._reset.setText(self.tr("Undo reset") if can_undo else self.tr("Reset"))
        self._reset.setEnabled(can_undo or chosen != self._first())

    def _first(self) -> ParameterSet:
        return ChatSettings().sets[self._settings.endpoint]

    # -- reactions -----------------------------------------------------------------------------

    def _on_row_edited(self, id_: ParameterId, value: Value) -> None:
        self._change(self._settings.parameters.with_value(id_, value))

    def _on_row_marked(self, id_: ParameterId, is_set: bool) -> None:
        self._change(self._settings.parameters.with_mark(id_, is_set))

    def _on_reset_clicked(self) -> None:
        before = self._before_reset
        if before is not None:
            self._change(before)
        else:
            now = self._settings.parameters
            self._change(self._first(), before_reset=now)

    def _change(self, chosen: ParameterSet, before_reset: ParameterSet | None = None) -> None:
        self._before_reset = before_reset
        if chosen == self._settings.parameters:
            return
        self._settings = self._settings.with_parameters(chosen)
        self._refresh()
        self.settings_edited.emit(self._settings)
