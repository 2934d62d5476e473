"""One control for each kind of value; none knows which parameter it edits."""

from collections.abc import Mapping

from PySide6.QtCore import QLocale, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QWidget,
)

from desktop.domain.capabilities import Field
from desktop.domain.parameters import Editor, Value
from desktop.ui.sidebar.switch import Switch
from desktop.ui.sidebar.text_box import TextBox

NO_MAXIMUM = 2**53
"""Largest whole number up to which every one is a float.

Source: IEEE 754-2019, 3.4, binary64.
"""

_DECIMALS = 4
_STEP = 0.05
_SLIDER_STEPS = 100
"""Slider positions in one unit."""

_SPIN_PX = 78


class ValueEditor(QWidget):
    """Edits one value.

    Signals:
        edited(value): The user gave it a value; not emitted by :meth:`show_value`.
    """

    edited = Signal(object)
    is_inline = False
    """Whether it fits beside its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)

    @property
    def control(self) -> QWidget:
        """The widget that holds the value and takes the keyboard."""
        raise NotImplementedError

    @property
    def slider(self) -> QSlider | None:
        """A slider that edits the same value, or None."""
        return None

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows a value within what the field allows; no signal follows."""
        raise NotImplementedError


class FlagEditor(ValueEditor):
    """On or off."""

    is_inline = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = Switch(self)
        self._layout.addWidget(self._box)
        self._box.toggled.connect(self._on_box_toggled)

    @property
    def control(self) -> QWidget:
        """The check box."""
        return self._box

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows on or off."""
        with QSignalBlocker(self._box):
            self._box.setChecked(bool(value))

    def _on_box_toggled(self, is_on: bool) -> None:
        self.edited.emit(is_on)


class PlainSpinBox(QDoubleSpinBox):
    """A number as it stands in a request: a point, no grouping, no closing zeros.

    A comma is taken for the point. It is as wide as it is given room, not as its largest number.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        locale = QLocale.c()
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        self.setLocale(locale)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def textFromValue(self, value: float) -> str:
        """The shortest text of the value."""
        text = f"{value:.{self.decimals()}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Whether a text can be, or become, a value."""
        found: tuple[QValidator.State, str, int] = super().validate(
            text.replace(",", "."), position
        )
        return found

    def sizeHint(self) -> QSize:
        """Room for five digits."""
        return QSize(_SPIN_PX, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()


class NumberEditor(ValueEditor):
    """A number, with a slider where both ends are known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setPageStep(_SLIDER_STEPS // 10)
        self._slider.setMinimumWidth(60)
        self._spin = PlainSpinBox(self)
        self._spin.setDecimals(_DECIMALS)
        self._spin.setSingleStep(_STEP)
        self._layout.addWidget(self._slider, 1)
        self._layout.addWidget(self._spin)
        self.setTabOrder(self._slider, self._spin)
        self._spin.valueChanged.connect(self._on_spin_changed)
        self._slider.valueChanged.connect(self._on_slider_changed)

    @property
    def control(self) -> QWidget:
        """The spin box."""
        return self._spin

    @property
    def slider(self) -> QSlider | None:
        """The slider."""
        return self._slider

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows a number; one outside the range widens it, so that what is shown is true."""
        number = float(value)
        low, high = _range(number, field)
        with QSignalBlocker(self._spin):
            self._spin.setRange(low, high)
            if self._spin.value() != number:
                self._spin.setValue(number)
        with QSignalBlocker(self._slider):
            self._slider.setRange(round(low * _SLIDER_STEPS), round(high * _SLIDER_STEPS))
            self._slider.setValue(round(number * _SLIDER_STEPS))

    def _on_spin_changed(self, value: float) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(value * _SLIDER_STEPS))
        self.edited.emit(round(value, _DECIMALS))

    def _on_slider_changed(self, position: int) -> None:
        self._spin.setValue(position / _SLIDER_STEPS)


class IntegerEditor(ValueEditor):
    """A whole number; a spin box for floats, since the one for integers ends at 2**31."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spin = PlainSpinBox(self)
        self._spin.setDecimals(0)
        self._spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._spin.setStepType(QDoubleSpinBox.StepType.DefaultStepType)
        self._layout.addWidget(self._spin)
        self._spin.valueChanged.connect(self._on_spin_changed)

    @property
    def control(self) -> QWidget:
        """The spin box."""
        return self._spin

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows a whole number; one outside the range widens it, so that what is shown is true."""
        number = float(value)
        with QSignalBlocker(self._spin):
            self._spin.setRange(*_range(number, field))
            if self._spin.value() != number:
                self._spin.setValue(number)

    def _on_spin_changed(self, value: float) -> None:
        self.edited.emit(int(value))


class LiteralEditor(ValueEditor):
    """One of the field's literal values, untranslated and in the field's order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._combo = QComboBox(self)
        self._combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._layout.addWidget(self._combo)
        self._combo.currentTextChanged.connect(self._on_combo_changed)
        self._combo.textActivated.connect(self._on_combo_changed)

    @property
    def control(self) -> QWidget:
        """The combo box."""
        return self._combo

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows a literal; a value that is none of them leaves the box blank."""
        choices = list(field.choices) if field is not None else []
        with QSignalBlocker(self._combo):
            if [self._combo.itemText(n) for n in range(self._combo.count())] != choices:
                self._combo.clear()
                self._combo.addItems(choices)
            self._combo.setCurrentIndex(self._combo.findText(str(value)))

    def _on_combo_changed(self, text: str) -> None:
        self.edited.emit(text)


class TextEditor(ValueEditor):
    """Text of any length."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = TextBox(self)
        self._layout.addWidget(self._box)
        self._box.textChanged.connect(self._on_box_changed)

    @property
    def control(self) -> QWidget:
        """The text box."""
        return self._box

    def show_value(self, value: Value, field: Field | None) -> None:
        """Shows a text; the same text keeps caret and undo."""
        text = str(value)
        if self._box.text() != text:
            with QSignalBlocker(self._box):
                self._box.set_text(text)

    def _on_box_changed(self) -> None:
        self.edited.emit(self._box.text())


EDITORS: Mapping[Editor, type[ValueEditor]] = {
    Editor.FLAG: FlagEditor,
    Editor.NUMBER: NumberEditor,
    Editor.INTEGER: IntegerEditor,
    Editor.LITERAL: LiteralEditor,
    Editor.TEXT: TextEditor,
}


def _range(value: float, field: Field | None) -> tuple[float, float]:
    low = field.minimum if field is not None and field.minimum is not None else 0.0
    high = field.maximum if field is not None and field.maximum is not None else NO_MAXIMUM
    return min(low, value), max(high, value)
