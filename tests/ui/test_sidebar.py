"""The parameter sidebar, driven as a person or an accessibility client would."""

from typing import TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QTextCursor, QTextOption
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, MODELS, Endpoint, capability
from desktop.domain.parameters import PARAMETERS, ChatSettings, Editor, ParameterId
from desktop.ui.sidebar.editors import NO_MAXIMUM
from desktop.ui.sidebar.panel import SIDEBAR, ParametersPanel

P = ParameterId
IDS = [id_ for _, ids in SIDEBAR for id_ in ids]
W = TypeVar("W", bound=QWidget)


@pytest.fixture
def panel(qtbot: QtBot) -> ParametersPanel:
    panel = ParametersPanel()
    qtbot.addWidget(panel)
    panel.resize(308, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def named(panel: QWidget, name: str, kind: type[W]) -> W:
    found = [w for w in panel.findChildren(QWidget) if w.accessibleName() == name]
    assert len(found) == 1, f"{len(found)} widgets are called {name}"
    assert isinstance(found[0], kind)
    return found[0]


def mark(panel: QWidget, id_: ParameterId) -> QCheckBox:
    return named(panel, f"Set {id_.value}", QCheckBox)


def spoken_name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


@pytest.mark.parametrize("id_", IDS)
def test_each_parameter_has_one_control_and_one_mark(
    panel: ParametersPanel, id_: ParameterId
) -> None:
    kinds: dict[Editor, type[QWidget]] = {
        Editor.FLAG: QCheckBox,
        Editor.NUMBER: QDoubleSpinBox,
        Editor.INTEGER: QDoubleSpinBox,
        Editor.LITERAL: QComboBox,
        Editor.TEXT: QPlainTextEdit,
    }
    named(panel, id_.value, kinds[PARAMETERS[id_].editor])
    mark(panel, id_)


def test_only_a_combo_box_shares_its_spoken_name_with_its_label(panel: ParametersPanel) -> None:
    for id_ in IDS:
        spoken = [w for w in panel.findChildren(QWidget) if spoken_name(w) == id_.value]
        labels = [w for w in spoken if isinstance(w, QLabel)]
        is_literal = PARAMETERS[id_].editor is Editor.LITERAL
        assert len(labels) == (1 if is_literal else 0), id_
        if is_literal:
            assert labels[0].buddy() is named(panel, id_.value, QComboBox)


def test_it_starts_as_the_first_settings_have_it(panel: ParametersPanel) -> None:
    assert {id_ for id_ in IDS if mark(panel, id_).isChecked()} == {P.STREAM, P.INCLUDE_USAGE}
    assert named(panel, "Temperature", QDoubleSpinBox).value() == 1
    assert named(panel, "Max output tokens", QDoubleSpinBox).text() == "16384"
    assert named(panel, "Reasoning effort", QComboBox).currentText() == "medium"
    assert named(panel, "Stream", QCheckBox).isChecked()


def test_showing_settings_emits_nothing(panel: ParametersPanel) -> None:
    heard: list[ChatSettings] = []
    panel.settings_edited.connect(heard.append)
    chosen = ChatSettings().parameters.with_value(P.INSTRUCTIONS, "Be brief")
    for id_, value in ((P.TEMPERATURE, 0.3), (P.SEED, 9), (P.STREAM, False), (P.TOP_P, 0.5)):
        chosen = chosen.with_value(id_, value)
    panel.set_settings(ChatSettings().with_parameters(chosen))
    panel.set_settings(ChatSettings(model=GPT_5_1_CHAT, endpoint=Endpoint.RESPONSES))
    assert heard == []
    panel.set_settings(ChatSettings().with_parameters(chosen))
    assert named(panel, "Instructions", QPlainTextEdit).toPlainText() == "Be brief"
    assert named(panel, "Temperature slider", QSlider).value() == 30
    assert named(panel, "Seed", QDoubleSpinBox).text() == "9"
    assert heard == []


def test_a_typed_number_is_marked_and_told_once(panel: ParametersPanel, qtbot: QtBot) -> None:
    heard: list[ChatSettings] = []
    panel.settings_edited.connect(heard.append)
    box = named(panel, "Seed", QDoubleSpinBox)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "7")
    assert [each.sent()[P.SEED] for each in heard] == [7]
    assert isinstance(heard[0].sent()[P.SEED], int)
    assert mark(panel, P.SEED).isChecked()


def test_an_integer_without_a_maximum_goes_past_32_bits(panel: ParametersPanel) -> None:
    box = named(panel, "Seed", QDoubleSpinBox)
    box.setValue(NO_MAXIMUM)
    assert panel.settings.parameters.value(P.SEED) == 2**53
    assert box.text() == str(2**53)


def test_a_comma_counts_as_the_point(panel: ParametersPanel, qtbot: QtBot) -> None:
    box = named(panel, "Temperature", QDoubleSpinBox)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0,7")
    assert panel.settings.sent()[P.TEMPERATURE] == 0.7


def test_typing_is_not_disturbed_by_the_settings_coming_back(
    panel: ParametersPanel, qtbot: QtBot
) -> None:
    panel.settings_edited.connect(panel.set_settings)
    box = named(panel, "Temperature", QDoubleSpinBox)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0.25")
    text = named(panel, "Instructions", QPlainTextEdit)
    text.setFocus()
    qtbot.keyClicks(text, "ab")
    qtbot.keyClick(text, Qt.Key.Key_Left)
    qtbot.keyClicks(text, "x")
    assert box.text() == "0.25"
    assert panel.settings.sent()[P.TEMPERATURE] == 0.25
    assert panel.settings.sent()[P.INSTRUCTIONS] == "axb"
    assert text.textCursor().position() == 2


def test_the_slider_and_the_spin_box_hold_one_value(panel: ParametersPanel) -> None:
    slider = named(panel, "Top P slider", QSlider)
    box = named(panel, "Top P", QDoubleSpinBox)
    slider.setValue(35)
    assert box.value() == 0.35
    assert panel.settings.sent()[P.TOP_P] == 0.35
    box.setValue(0.505)
    assert slider.value() in (50, 51)
    assert panel.settings.sent()[P.TOP_P] == 0.505


@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_ranges_and_literals_are_the_api_s(panel: ParametersPanel, endpoint: Endpoint) -> None:
    panel.set_settings(ChatSettings(endpoint=endpoint))
    known = capability(GPT_5_1, endpoint)
    for id_ in (P.TEMPERATURE, P.TOP_P, P.MAX_OUTPUT_TOKENS):
        field = known.field(PARAMETERS[id_].paths[endpoint])
        assert field is not None
        box = named(panel, id_.value, QDoubleSpinBox)
        assert (box.minimum(), box.maximum()) == (field.minimum, field.maximum or NO_MAXIMUM)
    combo = named(panel, "Reasoning effort", QComboBox)
    assert not combo.isEditable()
    assert [combo.itemText(n) for n in range(combo.count())] == ["low", "medium", "high"]


def test_a_stored_value_outside_the_range_is_shown_as_it_is(panel: ParametersPanel) -> None:
    chosen = ChatSettings().parameters.with_value(P.TEMPERATURE, 2.5)
    panel.set_settings(ChatSettings().with_parameters(chosen))
    assert named(panel, "Temperature", QDoubleSpinBox).value() == 2.5


def test_unchecking_keeps_the_value_and_sends_nothing(panel: ParametersPanel) -> None:
    box = named(panel, "Temperature", QDoubleSpinBox)
    box.setValue(0.4)
    mark(panel, P.TEMPERATURE).setChecked(False)
    assert P.TEMPERATURE not in panel.settings.sent()
    assert box.value() == 0.4
    mark(panel, P.TEMPERATURE).setChecked(True)
    assert panel.settings.sent()[P.TEMPERATURE] == 0.4


def test_a_checked_but_never_edited_value_is_the_default(panel: ParametersPanel) -> None:
    mark(panel, P.MAX_OUTPUT_TOKENS).setChecked(True)
    mark(panel, P.REASONING_EFFORT).setChecked(True)
    sent = panel.settings.sent()
    assert (sent[P.MAX_OUTPUT_TOKENS], sent[P.REASONING_EFFORT]) == (16384, "medium")


def test_a_flag_has_a_value_of_its_own(panel: ParametersPanel) -> None:
    named(panel, "Stream", QCheckBox).setChecked(False)
    assert panel.settings.sent()[P.STREAM] is False
    mark(panel, P.STREAM).setChecked(False)
    assert P.STREAM not in panel.settings.sent()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_choosing_the_shown_literal_sets_it(panel: ParametersPanel, qtbot: QtBot) -> None:
    combo = named(panel, "Reasoning effort", QComboBox)
    combo.showPopup()
    qtbot.keyClick(combo.view(), Qt.Key.Key_Return)
    assert panel.settings.sent()[P.REASONING_EFFORT] == "medium"


def is_enabled(panel: QWidget, id_: ParameterId) -> bool:
    control = named(panel, id_.value, QWidget)
    assert control.isEnabled() == mark(panel, id_).isEnabled()
    return control.isEnabled()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_what_is_undocumented_is_disabled_with_the_reason(
    panel: ParametersPanel, model: str, endpoint: Endpoint
) -> None:
    panel.set_settings(ChatSettings(model=model, endpoint=endpoint))
    names = {GPT_5_1: "gpt-5.1", GPT_5_1_CHAT: "gpt-5.1-chat-latest"}
    places = {Endpoint.CHAT_COMPLETIONS: "Chat completions", Endpoint.RESPONSES: "Responses"}
    reason = f"Not accepted by {names[model]} on {places[endpoint]}"
    for id_ in IDS:
        is_documented = PARAMETERS[id_].is_documented(model, endpoint)
        assert is_enabled(panel, id_) == is_documented, id_
        for control in (named(panel, id_.value, QWidget), mark(panel, id_)):
            assert (control.toolTip() == reason) != is_documented
            assert (control.accessibleDescription() == reason) != is_documented


def test_a_coupling_disables_and_says_why_in_the_row(panel: ParametersPanel) -> None:
    mark(panel, P.REASONING_EFFORT).setChecked(True)
    reason = "Not accepted while Reasoning effort is set"
    assert not is_enabled(panel, P.TEMPERATURE)
    assert not named(panel, "Temperature slider", QSlider).isEnabled()
    assert named(panel, "Temperature", QDoubleSpinBox).toolTip() == reason
    notes = [label for label in panel.findChildren(QLabel) if label.text() == reason]
    assert [note.isVisible() for note in notes] == [True, True]
    mark(panel, P.REASONING_EFFORT).setChecked(False)
    assert is_enabled(panel, P.TEMPERATURE)
    assert not any(note.isVisible() for note in notes)
    named(panel, "Stream", QCheckBox).setChecked(False)
    usage = named(panel, "Include usage", QCheckBox)
    assert usage.accessibleDescription() == "Needs Stream to be on"


def test_writing_a_disabled_control_sends_nothing(panel: ParametersPanel) -> None:
    mark(panel, P.REASONING_EFFORT).setChecked(True)
    named(panel, "Temperature", QDoubleSpinBox).setValue(0.2)
    assert P.TEMPERATURE not in panel.settings.sent()


def not_sent(panel: QWidget) -> int:
    return sum(
        label.isVisible() for label in panel.findChildren(QLabel) if label.text() == "not sent"
    )


def test_rows_that_send_nothing_say_so(panel: ParametersPanel) -> None:
    assert not_sent(panel) == len(IDS) - 2
    named(panel, "Seed", QDoubleSpinBox).setValue(4)
    assert not_sent(panel) == len(IDS) - 3


def test_marks_and_values_are_kept_per_endpoint(panel: ParametersPanel) -> None:
    named(panel, "Temperature", QDoubleSpinBox).setValue(0.4)
    there = ChatSettings(endpoint=Endpoint.RESPONSES, sets=panel.settings.sets)
    panel.set_settings(there)
    assert named(panel, "Temperature", QDoubleSpinBox).value() == 1
    assert mark(panel, P.STORE).isChecked()
    assert not named(panel, "Store", QCheckBox).isChecked()
    assert mark(panel, P.MAX_OUTPUT_TOKENS).isChecked()


def test_reset_goes_back_to_the_first_values_and_can_be_undone(
    panel: ParametersPanel, qtbot: QtBot
) -> None:
    button = named(panel, "Reset parameters", QPushButton)
    assert not button.isEnabled()
    named(panel, "Instructions", QPlainTextEdit).setPlainText("Be brief")
    edited = panel.settings
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.settings == ChatSettings()
    assert button.text() == "Undo reset"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.settings == edited
    assert button.text() == "Reset"


def test_the_header_counts_what_is_sent(panel: ParametersPanel) -> None:
    def texts() -> list[str]:
        return [label.text() for label in panel.findChildren(QLabel)]

    assert "2 set ·" in texts()
    named(panel, "Temperature", QDoubleSpinBox).setValue(0.4)
    assert "3 set ·" in texts()
    mark(panel, P.REASONING_EFFORT).setChecked(True)
    assert "3 set ·" in texts()


def wheel(panel: QWidget, target: QWidget) -> None:
    """Turns the wheel by a notch as the platform tells it, so that Qt passes it on to parents."""
    place = target.mapTo(panel, target.rect().center())
    QTest.wheelEvent(panel.windowHandle(), QPointF(place), QPoint(0, -120))
    QApplication.processEvents()


@pytest.mark.parametrize("name", ["Temperature", "Temperature slider", "Reasoning effort", "Seed"])
def test_the_wheel_scrolls_unless_the_control_has_the_focus(
    panel: ParametersPanel, qtbot: QtBot, name: str
) -> None:
    panel.resize(308, 300)
    area = panel.findChildren(QScrollArea)[0]
    bar = area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    control = named(panel, name, QWidget)
    area.ensureWidgetVisible(control)
    start = bar.value()
    wheel(panel, control)
    assert panel.settings == ChatSettings()
    assert bar.value() > start
    named(panel, "Seed", QDoubleSpinBox).setValue(5)
    before = panel.settings
    control.setFocus()
    area.ensureWidgetVisible(control)
    start = bar.value()
    wheel(panel, control)
    assert panel.settings != before
    assert bar.value() == start


def test_clicking_a_name_gives_the_keyboard_to_its_control(
    panel: ParametersPanel, qtbot: QtBot
) -> None:
    for name in ("Seed", "Reasoning effort", "Instructions"):
        label = next(
            label
            for label in panel.findChildren(QLabel)
            if label.text() == name and label.buddy() is not None
        )
        qtbot.mouseClick(label, Qt.MouseButton.LeftButton)
        assert named(panel, name, QWidget).hasFocus()


def test_tab_goes_from_top_to_bottom(panel: ParametersPanel, qtbot: QtBot) -> None:
    mark(panel, P.INSTRUCTIONS).setFocus()
    passed = []
    for _ in range(8):
        focused = QApplication.focusWidget()
        passed.append(focused.accessibleName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert passed == [
        "Set Instructions",
        "Instructions",
        "Set Temperature",
        "Temperature slider",
        "Temperature",
        "Set Top P",
        "Top P slider",
        "Top P",
    ]


def test_the_text_box_grows_with_its_lines_up_to_a_limit(panel: ParametersPanel) -> None:
    text = named(panel, "Instructions", QPlainTextEdit)
    small = text.height()
    text.setPlainText("\n" * 5)
    middle = text.height()
    text.setPlainText("\n" * 50)
    assert small < middle < text.height() < 3 * middle


def test_text_is_sent_exactly_as_typed_or_pasted(panel: ParametersPanel) -> None:
    text = named(panel, "Instructions", QPlainTextEdit)
    exact = "a\u00a0b\nc\t😀 e\u0301 שלום"
    data = QMimeData()
    data.setText(exact)
    data.setHtml("<b>rich</b>")
    text.insertFromMimeData(data)
    assert panel.settings.sent()[P.INSTRUCTIONS] == exact
    panel.set_settings(ChatSettings())
    panel.set_settings(
        ChatSettings().with_parameters(ChatSettings().parameters.with_value(P.INSTRUCTIONS, exact))
    )
    text.moveCursor(QTextCursor.MoveOperation.Start)
    mark(panel, P.SEED).setChecked(True)
    assert panel.settings.sent()[P.INSTRUCTIONS] == exact
    assert text.textCursor().position() == 0


def test_a_very_long_word_wraps_anywhere(panel: ParametersPanel) -> None:
    text = named(panel, "Instructions", QPlainTextEdit)
    data = QMimeData()
    data.setText("x" * 100_000)
    text.insertFromMimeData(data)
    assert text.wordWrapMode() is QTextOption.WrapMode.WrapAnywhere
    assert len(panel.settings.sent()[P.INSTRUCTIONS]) == 100_000


def test_text_that_looks_like_html_stays_text(panel: ParametersPanel) -> None:
    named(panel, "Instructions", QPlainTextEdit).setPlainText("<b>x</b>")
    assert panel.settings.sent()[P.INSTRUCTIONS] == "<b>x</b>"
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText for label in panel.findChildren(QLabel)
    )
