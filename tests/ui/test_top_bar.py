from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, Endpoint
from desktop.ui.status_line import StatusLine
from desktop.ui.theme import dark_roles, light_roles
from desktop.ui.top_bar import TopBar


@pytest.fixture
def bar(qtbot: QtBot) -> TopBar:
    made = TopBar()
    qtbot.addWidget(made)
    made.resize(900, 50)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def status(qtbot: QtBot) -> StatusLine:
    made = StatusLine()
    qtbot.addWidget(made)
    made.show()
    return made


def heard(signal: Any) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    signal.connect(lambda *values: calls.append(values))
    return calls


def box(bar: TopBar, name: str) -> QComboBox:
    return next(each for each in bar.findChildren(QComboBox) if each.accessibleName() == name)


def buttons(bar: TopBar) -> list[QToolButton]:
    return sorted(bar.findChildren(QToolButton), key=lambda button: button.x())


def shown(widget: QWidget) -> list[str]:
    labels = [each for each in widget.findChildren(QLabel) if each.isVisible()]
    return [each.text() for each in sorted(labels, key=lambda each: each.x())]


@pytest.mark.parametrize("name", ["Model", "Endpoint"])
def test_each_chooser_is_labelled(bar: TopBar, name: str) -> None:
    found = QAccessible.queryAccessibleInterface(box(bar, name))
    assert found.role() == QAccessible.Role.ComboBox
    labels = [
        other.text(QAccessible.Text.Name)
        for other, relation in found.relations(QAccessible.RelationFlag.AllRelations)
        if relation & QAccessible.RelationFlag.Label
    ]
    assert labels == [name]


def test_what_is_offered(bar: TopBar) -> None:
    models, endpoints = box(bar, "Model"), box(bar, "Endpoint")
    assert [models.itemText(n) for n in range(models.count())] == [
        "gpt-5.1",
        "gpt-5.1-chat-latest",
    ]
    assert [models.itemData(n) for n in range(models.count())] == [GPT_5_1, GPT_5_1_CHAT]
    assert [endpoints.itemText(n) for n in range(endpoints.count())] == [
        "Chat completions",
        "Responses",
    ]


def test_a_choice_is_told_and_a_setter_is_not(bar: TopBar) -> None:
    models, endpoints = heard(bar.model_chosen), heard(bar.endpoint_chosen)
    bar.set_model(GPT_5_1_CHAT)
    bar.set_endpoint(Endpoint.RESPONSES.value)
    assert bar.model_id() == GPT_5_1_CHAT
    assert bar.endpoint() == Endpoint.RESPONSES.value
    assert models == endpoints == []
    box(bar, "Model").setCurrentIndex(0)
    box(bar, "Endpoint").setCurrentIndex(0)
    assert models == [(GPT_5_1,)]
    assert endpoints == [("/v1/chat/completions",)]


def test_other_models_come_after_the_documented_ones(bar: TopBar) -> None:
    told = heard(bar.model_chosen)
    bar.set_model("acme/old")
    bar.set_models([("acme/new", "New"), (GPT_5_1, "again")], gone=["acme/old", GPT_5_1_CHAT])
    models = box(bar, "Model")
    assert [models.itemData(n) for n in range(models.count())] == [
        GPT_5_1,
        GPT_5_1_CHAT,
        "acme/new",
        "acme/old",
    ]
    assert bar.model_id() == "acme/old"
    assert [models.itemIcon(n).isNull() for n in range(4)] == [True, False, True, False]
    assert models.itemText(1) == "gpt-5.1-chat-latest"
    assert "no longer" in models.toolTip()
    bar.set_models([], gone=[])
    assert bar.model_id() == "acme/old"
    assert models.toolTip() == ""
    assert told == []


def wheel(target: QWidget) -> bool:
    at = QPointF(5, 5)
    event = QWheelEvent(
        at,
        at,
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.accept()
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def test_the_wheel_changes_only_what_has_the_keyboard(bar: TopBar, qtbot: QtBot) -> None:
    models = box(bar, "Model")
    models.clearFocus()
    assert not wheel(models)
    assert bar.model_id() == GPT_5_1
    bar.focus_model()
    qtbot.waitUntil(models.hasFocus)
    wheel(models)
    assert bar.model_id() == GPT_5_1_CHAT


def test_a_long_title_is_cut_and_plain(bar: TopBar, qtbot: QtBot) -> None:
    title = "<b>bold</b>\n" + "word " * 200
    bar.set_title(title)
    label = next(each for each in bar.findChildren(QLabel) if each.text().startswith("<b>"))
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text().endswith("…")
    assert label.accessibleName().startswith("<b>bold</b> word word")
    cut = label.text()
    bar.resize(1600, 50)
    qtbot.waitUntil(lambda: len(label.text()) > len(cut))
    bar.set_title("Short")
    assert label.text() == "Short"
    assert bar.minimumSizeHint().width() < 700


def test_the_pane_buttons_say_what_they_do(bar: TopBar) -> None:
    left, right = buttons(bar)
    assert [left.accessibleName(), right.accessibleName()] == ["Hide history", "Hide parameters"]
    bar.set_panes_shown(history=False, parameters=False)
    assert [left.toolTip(), right.toolTip()] == ["Show history", "Show parameters"]
    history, parameters = heard(bar.history_toggled), heard(bar.parameters_toggled)
    left.click()
    right.click()
    assert len(history) == len(parameters) == 1


def test_the_icons_take_the_themes_colours(bar: TopBar) -> None:
    for roles in (light_roles(), dark_roles()):
        bar.set_roles(roles)
        image = buttons(bar)[0].icon().pixmap(16, 16).toImage()
        pixels = [image.pixelColor(x, y) for x in range(16) for y in range(16)]
        assert {pixel.name() for pixel in pixels if pixel.alpha() == 255} == {roles.muted.name()}


def test_the_status_line_shows_what_is_known(status: StatusLine) -> None:
    assert shown(status) == []
    status.set_host("api.aimlapi.com")
    status.set_key("Key in GNOME Keyring")
    status.set_cost("This conversation $0.01")
    status.set_balance("Balance $12.34")
    status.set_demo(True)
    QApplication.processEvents()
    assert shown(status) == [
        "api.aimlapi.com",
        "DEMO",
        "Key in GNOME Keyring",
        "This conversation $0.01",
        "Balance $12.34",
    ]
    status.set_demo(False)
    status.set_balance("")
    assert "DEMO" not in shown(status)
    assert len(shown(status)) == 3


def test_the_dot_is_also_in_words(status: StatusLine) -> None:
    status.set_host("api.aimlapi.com")
    status.set_roles(light_roles())
    status.set_state("failed", "No connection.")
    host = next(each for each in status.findChildren(QLabel) if each.text() == "api.aimlapi.com")
    assert host.toolTip() == host.accessibleDescription() == "No connection."
    image = status.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(14, 24) for y in range(image.height())}
    assert light_roles().error.name() in found
