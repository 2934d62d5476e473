"""The bar above the chat: title, model, endpoint, and the buttons that fold the side panes."""

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.domain.capabilities import ENDPOINT_NAMES, MODEL_NAMES, MODELS
from desktop.ui.icons import Icon, icon
from desktop.ui.theme import Roles, light_roles

NARROW_PX = 600
"""Below this width the choosers' labels give way."""

CHOOSER_PX = 150
TITLE_PX = 60
QWIDGETSIZE_MAX = 16_777_215
"""Qt's word for no limit. Source: https://doc.qt.io/qt-6/qwidget.html#maximumSize-prop."""

MAX_TITLE = 200


class TopBar(QFrame):
    """What is talked to, and about what.

    Setters never emit.

    Signals:
        model_chosen(model_id): Another model was chosen.
        endpoint_chosen(endpoint): The value of another ``Endpoint`` was chosen.
        history_toggled(): The history pane shall fold or unfold.
        parameters_toggled(): The parameter pane shall fold or unfold.
    """

    model_chosen = Signal(str)
    endpoint_chosen = Signal(str)
    history_toggled = Signal()
    parameters_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = light_roles()
        self._gone: frozenset[str] = frozenset()
        self._left = self._toggle()
        self._right = self._toggle()
        self._title = _TitleLabel(self)
        self._model = _CalmComboBox(self)
        self._endpoint = _CalmComboBox(self)
        for model in MODELS:
            self._model.addItem(MODEL_NAMES[model], model)
        for endpoint, name in ENDPOINT_NAMES.items():
            self._endpoint.addItem(name, endpoint.value)
        self._model_label = self._name(self._model, self.tr("Model"))
        self._endpoint_label = self._name(self._endpoint, self.tr("Endpoint"))
        self._lay_out()
        self._left.clicked.connect(self.history_toggled)
        self._right.clicked.connect(self.parameters_toggled)
        self._model.currentIndexChanged.connect(self._on_model_changed)
        self._endpoint.currentIndexChanged.connect(self._on_endpoint_changed)
        self.set_panes_shown(history=True, parameters=True)
        self.set_roles(self._roles)

    def set_title(self, title: str) -> None:
        """Shows the conversation's title as plain text."""
        self._title.set_title(title)

    def set_model(self, model_id: str) -> None:
        """Shows a model as the chosen one; one that is not listed is added under its id."""
        with QSignalBlocker(self._model):
            if self._model.findData(model_id) < 0:
                self._model.addItem(model_id, model_id)
            self._model.setCurrentIndex(self._model.findData(model_id))
        self._show_gone()

    def set_models(self, others: Iterable[tuple[str, str]], gone: Iterable[str] = ()) -> None:
        """Lists other models after the two documented ones; the chosen one stays chosen.

        Args:
            others: (id, name) in the order to show.
            gone: Ids the provider no longer lists; marked by an icon and a tool tip.
        """
        chosen = self.model_id()
        with QSignalBlocker(self._model):
            while self._model.count() > len(MODELS):
                self._model.removeItem(self._model.count() - 1)
            for model_id, name in others:
                if model_id not in MODELS:
                    self._model.addItem(name, model_id)
        self._gone = frozenset(gone)
        self.set_model(chosen)

    def set_endpoint(self, endpoint: str) -> None:
        """Shows an endpoint, given by its value, as the chosen one."""
        with QSignalBlocker(self._endpoint):
            self._endpoint.setCurrentIndex(self._endpoint.findData(endpoint))

    def model_id(self) -> str:
        """Id of the chosen model."""
        return str(self._model.currentData())

    def endpoint(self) -> str:
        """Value of the chosen endpoint."""
        return str(self._endpoint.currentData())

    def focus_model(self) -> None:
        """Puts the keyboard on the model chooser."""
        self._model.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_panes_shown(self, *, history: bool, parameters: bool) -> None:
        """Names the two buttons after what they do next.

        Args:
            history: Whether the left pane is shown.
            parameters: Whether the right pane is shown.
        """
        left = self.tr("Hide history") if history else self.tr("Show history")
        right = self.tr("Hide parameters") if parameters else self.tr("Show parameters")
        for button, text in ((self._left, left), (self._right, right)):
            button.setAccessibleName(text)
            button.setToolTip(text)

    def set_roles(self, roles: Roles) -> None:
        """Takes other colours."""
        self._roles = roles
        self._left.setIcon(icon(Icon.PANE_LEFT, roles.muted))
        self._right.setIcon(icon(Icon.PANE_RIGHT, roles.muted))
        self._show_gone()

    def _toggle(self) -> QToolButton:
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(QSize(18, 18))
        return button

    def _name(self, box: QComboBox, text: str) -> QLabel:
        """The label that gives a combo box its name where Qt reports its text instead."""
        box.setAccessibleName(text)
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("look", "small")
        label.setBuddy(box)
        return label

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 9, 8, 9)
        row.setSpacing(8)
        row.addWidget(self._left)
        row.addWidget(self._title, 1)
        row.addWidget(self._model_label)
        row.addWidget(self._model)
        row.addSpacing(4)
        row.addWidget(self._endpoint_label)
        row.addWidget(self._endpoint)
        row.addWidget(self._right)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the choosers the room of their labels and the title where there is little.

        The labels stay, one pixel wide: assistive technology knows the choosers by them.
        """
        super().resizeEvent(event)
        is_narrow = event.size().width() < NARROW_PX
        self._title.setMinimumWidth(0 if is_narrow else TITLE_PX)
        for label in (self._model_label, self._endpoint_label):
            label.setMaximumWidth(1 if is_narrow else QWIDGETSIZE_MAX)
        for box in (self._model, self._endpoint):
            box.setMinimumWidth(CHOOSER_PX if is_narrow else 0)

    def _show_gone(self) -> None:
        """Marks the models the provider no longer lists."""
        mark = icon(Icon.WARNING, self._roles.warning) if self._gone else QIcon()
        words = self.tr("The provider no longer lists this model.")
        for row in range(self._model.count()):
            is_gone = self._model.itemData(row) in self._gone
            self._model.setItemIcon(row, mark if is_gone else QIcon())
            tip = words if is_gone else None
            self._model.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self._model.setToolTip(words if self.model_id() in self._gone else "")

    def _on_model_changed(self, _row: int) -> None:
        self._show_gone()
        self.model_chosen.emit(self.model_id())

    def _on_endpoint_changed(self, _row: int) -> None:
        self.endpoint_chosen.emit(self.endpoint())


class _CalmComboBox(QComboBox):
    """A combo box that the wheel changes only while it has the keyboard."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to whatever is around it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _TitleLabel(QLabel):
    """One line of plain text that is cut at its end where it has no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", "title")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(TITLE_PX)

    def set_title(self, title: str) -> None:
        """Shows a title; line ends become blanks."""
        self._whole = " ".join(title[:MAX_TITLE].split())
        self.setAccessibleName(self._whole)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts anew."""
        super().resizeEvent(event)
        self._show()

    def _show(self) -> None:
        elide = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(self._whole, elide, self.width()))
