"""Colours and formulas in the shown transcript."""

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from desktop.ui.theme import dark_roles, light_roles
from desktop.ui.transcript.code_block import CodeElement
from desktop.ui.transcript.elements import Element
from desktop.ui.transcript.math_block import MathElement
from desktop.ui.transcript.prose import ProseElement
from desktop.ui.transcript.view import TranscriptView
from tests.ui.transcript.conftest import Show
from tests.ui.transcript.fake_timeline import assistant

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning:zia")

WIDE = "+".join(f"x_{{{number}}}" for number in range(40))


def shown(qtbot: QtBot, view: TranscriptView, kind: type[Element]) -> tuple[Element, QRectF]:
    """The first element of a kind once nothing is waited for, and where it is."""

    def is_still() -> bool:
        view.grab()
        found = [view.stage.element(placed) for placed in view.stage.placed]
        return not any(
            (isinstance(e, ProseElement) and e.is_waiting)
            or (isinstance(e, CodeElement) and e.is_colouring)
            for e in found
        )

    qtbot.waitUntil(is_still, timeout=20_000)
    placed = next(p for p in view.stage.placed if isinstance(view.stage.element(p), kind))
    element = view.stage.element(placed)
    top = view.stage.top_of(placed)
    return element, QRectF(view.stage.left, top, view.stage.look.width, element.height)


def has_color(image: QImage, color: QColor, area: QRectF) -> bool:
    ratio = image.devicePixelRatio()
    box = QRectF(area.topLeft() * ratio, area.size() * ratio).toRect()
    return any(
        is_near(image.pixelColor(x, y), color)
        for y in range(box.top(), box.bottom())
        for x in range(box.left(), box.right())
    )


def is_near(one: QColor, other: QColor) -> bool:
    """Whether two colours are the same but for what smooth edges do to thin strokes."""
    pairs = zip(one.getRgb(), other.getRgb(), strict=True)
    return all(abs(int(a) - int(b)) < 40 for a, b in pairs)


def test_code_is_coloured_and_follows_the_theme(qtbot: QtBot, show: Show) -> None:
    view, _ = show([assistant("```python\nimport os\nreturn 'a' * 1000\n```\n")])
    for roles in (light_roles(), dark_roles()):
        view.set_roles(roles)
        _, area = shown(qtbot, view, CodeElement)
        image = view.viewport().grab().toImage()
        for color in (roles.keyword, roles.string, roles.name):
            assert has_color(image, color, area)


def test_a_formula_in_text_is_a_picture_and_is_copied_as_tex(qtbot: QtBot, show: Show) -> None:
    view, _ = show([assistant(r"a \(\frac{mm}{nn}\) b 😀 \(\text{中}\) c \(x\) d")])
    element, area = shown(qtbot, view, ProseElement)
    assert element.text == r"a \frac{mm}{nn} b 😀 \text{中} c x d"
    assert element.height > view.stage.look.line
    before = element.hit(area.width() / 100, element.height / 2)
    assert before in (0, 1, 2)
    positions = {element.hit(float(x), element.height / 2) for x in range(300)}
    tex = range(3, len(r"a \frac{mm}{nn}"))
    assert not positions & set(tex)
    assert {2, tex.stop} <= positions
    assert max(positions) == len(element.text.encode("utf-16-le")) // 2
    view.select_all()
    view.grab()
    view.copy()
    assert QGuiApplication.clipboard().text() == element.text


def test_a_formula_by_itself_is_in_the_middle_and_as_wide_as_the_column(
    qtbot: QtBot, show: Show
) -> None:
    view, _ = show([assistant(f"$$\n{WIDE}\n$$\n")])
    view.set_zoom(150)
    element, area = shown(qtbot, view, MathElement)
    image = view.viewport().grab().toImage()
    ground = light_roles().window
    columns = [
        x
        for x in range(image.width())
        if any(image.pixelColor(x, y) != ground for y in range(int(area.top()), int(area.bottom())))
    ]
    assert area.left() - 1 <= columns[0] <= area.left() + 20
    assert area.right() - 20 <= columns[-1] <= area.right() + 1
    assert element.hit(0.0, 5.0) == 0
    assert element.hit(area.width(), 5.0) == len(WIDE)


def test_a_formula_that_cannot_be_drawn_is_its_source(qtbot: QtBot, show: Show) -> None:
    view, _ = show([assistant("$$\n\\frac{1\n$$\n")])
    element, area = shown(qtbot, view, MathElement)
    assert element.text == "\\frac{1"
    assert has_color(view.viewport().grab().toImage(), light_roles().text, area)
    assert view.stage.point_at(QPointF(area.right(), area.center().y())) is not None
